#include "cli/report_command.h"

#include <memory>
#include <string>
#include <vector>

#include "angle/io/file.h"
#include "angle/report/html_report.h"
#include "angle/report/run_record.h"

#include "cli/log.h"

namespace angle::cli {
namespace {

struct ReportOptions {
  std::vector<std::string> runs;
  std::string output = "report.html";
};

void run_report(const ReportOptions& options) {
  std::vector<RunRecord> runs;
  for (const std::string& directory : options.runs) runs.push_back(read_run(directory));
  write_file(options.output, html_report(runs));
  log_info("{}: a page of {}; open it in a browser", options.output,
           runs.size() == 1 ? runs[0].name : std::to_string(runs.size()) + " runs");
}

}  // namespace

void add_report_command(CLI::App& app) {
  const auto options = std::make_shared<ReportOptions>();
  CLI::App& command =
      *app.add_subcommand("report", "draw training runs: one HTML page, which needs no network");
  command.add_option("runs", options->runs, "output directories of angle train")->required();
  command.add_option("-o,--output", options->output, "file to write")->capture_default_str();
  command.footer("Example: angle report runs/stsb_minilm runs/experiment2_angle_alone -o report.html");
  command.callback([options] { run_report(*options); });
}

}  // namespace angle::cli
