#include "angle/report/html_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "io/input_file.h"
#include "report/html_parts.h"
#include "report/prediction_sections.h"
#include "report/saturation_section.h"
#include "report/study_section.h"
#include "report/svg_chart.h"

namespace angle {
namespace {

using nlohmann::json;

/// By which pages are known again, of older versions too.
constexpr std::string_view kHead =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
    "content=\"width=device-width, initial-scale=1\">\n<title>angle report</title>\n";

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1c2128; --faint: #5c6672; --rule: #dfe3e8; --shade: #1c212860;
  --c0: #0072b2; --c1: #d55e00; --c2: #00805f; --c3: #a3478c; --c4: #8a6d00; --c5: #3d8fc4; --c6: #7a4b2a; --c7: #5b6470; }
@media (prefers-color-scheme: dark) { :root { --ground: #15191e; --ink: #e3e7ec; --faint: #9aa5b1; --rule: #303842; --shade: #e3e7ec60;
  --c0: #5ab4ee; --c1: #ff9a4d; --c2: #3ecf9f; --c3: #e28fcb; --c4: #e3c24a; --c5: #9ad3f5; --c6: #cf9d78; --c7: #b3bcc6; } }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
p { color: var(--faint); max-width: 45rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1rem; align-items: end; }
figure { margin: 0; min-width: 0; } figcaption { font-size: 0.85rem; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; font-size: 11px; fill: var(--faint); }
.grid { stroke: var(--rule); } .axis { stroke: var(--faint); }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.dots { fill: none; stroke-width: 4; stroke-linecap: round; stroke-opacity: 0.25; } .trend .line { stroke-width: 2.2; }
.scroll { width: fit-content; max-width: 100%; margin: 1rem 0; overflow-x: auto; border: 1px solid var(--rule); border-radius: 0.3rem; background-color: var(--ground);
  background-image: linear-gradient(to left, var(--ground) 40%, transparent), linear-gradient(to left, var(--shade), transparent);
  background-position: right; background-size: 4rem 100%, 1.6rem 100%; background-repeat: no-repeat;
  background-attachment: local, scroll; }
.scroll th:first-child, .scroll td:first-child { padding-left: 0.7rem; }
tr:last-child td { border-bottom: none; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.7rem 0.3rem 0; text-align: left; white-space: nowrap; vertical-align: top; border-bottom: 1px solid var(--rule); }
.long { display: inline-block; min-width: 12rem; max-width: 30rem; white-space: normal; overflow-wrap: anywhere; }
.key { display: inline-block; width: 0.8em; height: 0.8em; border-radius: 0.2em; margin-right: 0.4em; }
.names { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; }
)";

std::string colour_rules() {
  std::string rules;
  for (int i = 0; i < kChartColours; ++i)
    rules += fmt::format(
        ".line.c{0}, .dots.c{0} {{ stroke: var(--c{0}); }} .dot.c{0}, .bar.c{0} {{ fill: var(--c{0}); }} "
        ".key.c{0} {{ background: var(--c{0}); }}\n",
        i);
  return rules;
}

/// A value of the configuration by its path, as text; "" when it is not there.
std::string setting(const RunRecord& run, const char* path) {
  const json::json_pointer pointer(path);
  if (!run.config.is_object() || !run.config.contains(pointer)) return "";
  const json& value = run.config[pointer];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string score_text(const RunScore& one) {
  return one.is_loss ? fmt::format("{:.4g}", one.score) : fmt::format("{:.2f}", 100 * one.score);
}

/// First and best score of each evaluation, "stsb validation cosine_spearman 86.71 → 87.66 (step 360)", or
/// "val_loss 8.14 → 5.185 (step 360)".
std::string score_summary(const RunRecord& run) {
  std::map<std::string, std::vector<const RunScore*>> by_name;
  for (const RunScore& one : run.evaluations) by_name[one.what].push_back(&one);
  std::string text;
  for (const auto& [what, all] : by_name) {
    const RunScore* best = all.front();
    for (const RunScore* one : all)
      if (one->best) best = one;
    text += fmt::format("{}{} {} → <b>{}</b> (step {})", text.empty() ? "" : "<br>", escape_html(what),
                        score_text(*all.front()), score_text(*best), best->step);
  }
  return text;
}

int64_t last_step(const RunRecord& run) {
  double last = 0;
  for (const auto& [key, points] : run.curves)
    if (!points.empty()) last = std::max(last, points.back().x);
  return static_cast<int64_t>(last);
}

std::string runs_table(std::span<const RunRecord> runs) {
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < runs.size(); ++i) {
    const RunRecord& run = runs[i];
    const auto cell = [&](const char* path) { return escape_html(setting(run, path)); };
    rows.push_back({key_of(i, run.name), cell("/model/path"),
                    fmt::format("{} · {} · {}", cell("/loss/cosine_weight"), cell("/loss/in_batch_weight"),
                                cell("/loss/angle_weight")),
                    cell("/train/batch_size"), cell("/train/learning_rate"), cell("/train/precision"),
                    cell("/train/seed"), std::to_string(last_step(run)), long_text(score_summary(run))});
  }
  return html_table({"run", "from", "cosine · in-batch · angle", "batch", "rate", "precision", "seed",
                     "steps", "score, before → best"},
                    rows);
}

/// The settings that are not the same in all runs.
std::string differences_table(std::span<const RunRecord> runs) {
  std::set<std::string> paths;
  for (const RunRecord& run : runs) {
    if (!run.config.is_object()) continue;
    const json flat = run.config.flatten();
    for (const auto& [path, value] : flat.items())
      if (!path.empty()) paths.insert(path);
  }
  std::vector<std::vector<std::string>> rows;
  for (const std::string& path : paths) {
    std::vector<std::string> row = {escape_html(path.substr(1))};
    for (const RunRecord& run : runs) row.push_back(long_text(escape_html(setting(run, path.c_str()))));
    const bool differ =
        std::any_of(row.begin() + 2, row.end(), [&](const std::string& value) { return value != row[1]; });
    if (differ && path != "/description") rows.push_back(std::move(row));
  }
  if (rows.empty()) return "";
  std::vector<std::string> head = {"setting"};
  for (const RunRecord& run : runs) head.push_back(run.name);
  return "<h2>What the runs differ in</h2>\n" + html_table(head, rows);
}

/// One line a run; "" when no run has this curve, or none that ever changes.
std::string curve_chart(std::span<const RunRecord> runs, const std::string& key, const ChartText& text,
                        bool logarithmic = false) {
  constexpr size_t kPoints = 120;
  std::vector<Series> series;
  bool changes = false;
  for (size_t i = 0; i < runs.size(); ++i) {
    const auto found = runs[i].curves.find(key);
    if (found == runs[i].curves.end()) continue;
    for (const Point& point : found->second) changes |= point.y != found->second.front().y;
    series.push_back({runs[i].name, static_cast<int>(i), thin_out(found->second, kPoints),
                      /*markers=*/found->second.size() <= 20});
  }
  return changes ? line_chart(text, series, logarithmic) : "";
}

std::string score_charts(std::span<const RunRecord> runs) {
  std::map<std::string, std::vector<Series>> by_name;
  for (size_t i = 0; i < runs.size(); ++i)
    for (const RunScore& one : runs[i].evaluations) {
      if (one.is_loss) continue;  // among the objectives
      auto& all = by_name[one.what];
      if (all.empty() || all.back().colour != static_cast<int>(i))
        all.push_back({runs[i].name, static_cast<int>(i), {}, /*markers=*/true});
      all.back().points.push_back({static_cast<double>(one.step), 100 * one.score});
    }
  std::string charts;
  for (const auto& [what, series] : by_name) charts += line_chart({what, "step", "× 100"}, series);
  return charts;
}

struct Curve {
  const char* key;
  ChartText text;
  bool logarithmic = false;
};

std::string objective_charts(std::span<const RunRecord> runs) {
  const std::vector<Curve> curves = {{"loss", {"total loss", "step", ""}},
                                     {"cosine", {"cosine objective", "step", ""}},
                                     {"in_batch", {"in-batch negatives", "step", ""}},
                                     {"angle", {"angle objective", "step", ""}}};
  std::string charts;
  for (const Curve& curve : curves) charts += curve_chart(runs, curve.key, curve.text);
  std::set<std::string> validation;
  for (const RunRecord& run : runs)
    for (const auto& [key, points] : run.curves)
      if (key.starts_with("val_")) validation.insert(key);
  for (const std::string& key : validation) charts += curve_chart(runs, key, {key, "step", ""});
  return charts;
}

std::string course_charts(std::span<const RunRecord> runs) {
  const std::vector<Curve> curves = {{"learning_rate", {"learning rate", "step", ""}},
                                     {"gradient_norm", {"gradient norm, before clipping", "step", ""}, true},
                                     {"tokens_per_second", {"speed", "step", "tokens/s"}}};
  std::string charts;
  for (const Curve& curve : curves) charts += curve_chart(runs, curve.key, curve.text, curve.logarithmic);
  return charts;
}

std::string title_of(std::span<const RunRecord> runs, std::span<const StudyRecord> studies) {
  if (runs.size() + studies.size() > 1)
    return studies.empty() ? "Training runs" : "Studies and training runs";
  return runs.empty() ? "Study" : runs.front().name;
}

/// What a run could have shown and did not record, and the setting that makes it.
std::string missing_remark(const RunRecord& run) {
  std::vector<std::string> missing;
  if (run.predictions.empty())
    missing.emplace_back("similarity against label and its spread (evaluation.task, with labelled pairs)");
  if (run.saturation.empty())
    missing.emplace_back("lengths of gradients by cosine (train.saturation_every_steps)");
  if (missing.empty()) return "";
  return fmt::format("<p>Not recorded by {}: {}.</p>\n", escape_html(run.name), fmt::join(missing, "; "));
}

std::string runs_sections(std::span<const RunRecord> runs) {
  std::string body;
  if (runs.size() == 1) body += "<p>" + escape_html(setting(runs.front(), "/description")) + "</p>\n";
  body += runs_table(runs);
  if (runs.size() > 1) {
    body += "<ul class=\"names\">";
    for (size_t i = 0; i < runs.size(); ++i) body += "<li>" + key_of(i, runs[i].name) + "</li>";
    body += "</ul>\n";
  }
  body += charts_section("Scores", "Point at a dot to see its value.", score_charts(runs));
  body += prediction_sections(runs);
  body +=
      charts_section("Objectives", "Each point is the mean of neighbouring steps.", objective_charts(runs));
  body += charts_section("Course of training", "", course_charts(runs));
  for (const RunRecord& run : runs) body += saturation_section(run);
  for (const RunRecord& run : runs) body += missing_remark(run);
  return body + differences_table(runs);
}

}  // namespace

std::string html_report(std::span<const RunRecord> runs, std::span<const StudyRecord> studies) {
  std::string body = "<h1>" + escape_html(title_of(runs, studies)) + "</h1>\n";
  for (const StudyRecord& study : studies) body += study_section(study);
  if (!runs.empty() && !studies.empty()) body += "<h2>Training runs</h2>\n";
  if (!runs.empty()) body += runs_sections(runs);
  return std::string(kHead) + "<style>" + kStyle + colour_rules() + "</style>\n" + body + "</html>\n";
}

bool is_html_report(const std::filesystem::path& file) {
  std::array<char, kHead.size()> beginning{};
  const size_t bytes = InputFile(file).read_fully(beginning);
  return std::string_view(beginning.data(), bytes) == kHead;
}

}  // namespace angle
