#include "cli/report_command.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "angle/error.h"
#include "angle/io/file.h"
#include "angle/io/standard_output.h"
#include "angle/report/html_report.h"
#include "angle/report/run_record.h"
#include "angle/report/study_record.h"

#include "cli/log.h"
#include "cli/usage.h"

namespace angle::cli {
namespace {

struct ReportOptions {
  std::vector<std::string> runs;
  std::string output = "report.html";
};

/// A page is drawn again and again under one name, but nothing else is replaced: `-o runs/mine/config.json`
/// would cost a model.
void refuse_to_replace(const std::string& file) {
  namespace fs = std::filesystem;
  if (file == "-" || !fs::is_regular_file(file) || fs::is_empty(file) || is_html_report(file)) return;
  fail(
      "--output {}: is there already and no page of angle report, so it is not replaced; name another file, "
      "or remove this one",
      file);
}

void write_page(const std::string& file, const std::string& page) {
  if (file != "-") return write_file(file, page);
  StandardOutput out;
  out.write(page);
  out.flush();
}

void run_report(const ReportOptions& options) {
  if (options.runs.empty())
    refuse_usage("angle report: expected output directories of angle train or of angle study");
  refuse_to_replace(options.output);
  std::vector<RunRecord> runs;
  std::vector<StudyRecord> studies;
  for (const std::string& directory : options.runs) {
    if (is_study(directory))
      studies.push_back(read_study(directory));
    else
      runs.push_back(read_run(directory));
  }
  write_page(options.output, html_report(runs, studies));
  const size_t parts = runs.size() + studies.size();
  const std::string& first = runs.empty() ? studies[0].name : runs[0].name;
  log_info("{}: a page of {}; open it in a browser", options.output == "-" ? "<stdout>" : options.output,
           parts == 1 ? first : std::to_string(parts) + " runs and studies");
}

}  // namespace

void add_report_command(CLI::App& app) {
  const auto options = std::make_shared<ReportOptions>();
  CLI::App& command =
      *app.add_subcommand("report", "draw training runs and studies: one HTML page, which needs no network");
  command.add_option("RUN", options->runs, "output directories of angle train and of angle study");
  command
      .add_option("-o,--output", options->output,
                  "file to write, which may only replace such a page; - for stdout")
      ->capture_default_str();
  command.footer("Example: angle report runs/stsb_minilm runs/experiment2_angle_alone -o report.html");
  command.callback([options] { run_report(*options); });
}

}  // namespace angle::cli
