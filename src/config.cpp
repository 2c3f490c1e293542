#include "angle/config.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "angle/error.h"
#include "angle/text/utf8.h"

#include "config_checker.h"
#include "config_file.h"

namespace angle {

namespace {

json make_schema() {
  json schema = default_config();
  schema["loss"]["cosine_objective"] = one_of<CosineObjective>();
  schema["loss"]["cosine_similarity"] = one_of<CosineVariant>();
  schema["loss"]["regression_labels"] = json::array({0.0});
  schema["loss"]["angle_similarity"] = one_of<AngleVariant>();
  schema["loss"]["duplicates"] = one_of<DuplicatePolicy>();
  schema["loss"]["in_batch_divisor"] = one_of<InBatchDivisor>();
  schema["loss"]["matryoshka_dims"] = json::array({0});
  schema["loss"]["matryoshka_weights"] = json::array({0.0});
  schema["train"]["schedule"] = one_of<ScheduleKind>();
  schema["train"]["precision"] = {{"one of", {"float32", "bfloat16"}}};  // nothing trains in int8

  schema["data"]["mixing"] = one_of<MixingRule>();
  json data_set = DataSetConfig{};
  data_set["format"] = one_of<DataFormat>();
  data_set["label_scale"] = json::array({0.0});
  data_set["positive_threshold"] = 0.0;
  data_set["columns"] = {{"*", ""}};
  schema["data"]["train"] = json::array({data_set});
  schema["evaluation"]["loss_data"] = json::array({data_set});
  return schema;
}

/// Threshold for labels: no default is right for graded ones, so it must have been thought of.
bool lacks_threshold(const json& given, const TrainConfig& config) {
  if (config.loss.in_batch_weight <= 0) return false;
  if (given.contains("loss") && given.at("loss").contains("positive_threshold")) return false;
  for (const auto* sets : {&config.data.train, &config.evaluation.loss_data})
    for (const DataSetConfig& data_set : *sets)
      if (data_set.weight > 0 && data_set.format == DataFormat::scored_pairs && !data_set.positive_threshold)
        return true;
  return false;
}

/// The path of an override, taken apart from left to right: `.key` and `[index]`.
class OverridePath {
 public:
  OverridePath(std::string_view path, const std::string& assignment) : rest_(path), assignment_(assignment) {}

  bool at_end() const { return rest_.empty(); }

  /// One step down from `place`. Objects that are not there yet are made; the check finds keys that mean
  /// nothing.
  json& descend(json& place) {
    if (rest_.starts_with('[')) return element(place);
    const std::string_view key = rest_.substr(0, rest_.find_first_of(".["));
    if (key.empty()) fail("--set {}: expected path=value, as in loss.angle_weight=0.05", assignment_);
    if (place.is_array() && key.find_first_not_of("0123456789") == std::string_view::npos)
      fail("--set {}: an element of a list is in brackets: [{}] in place of .{}", assignment_, key, key);
    if (!place.is_object() && !place.is_null())
      fail("--set {}: \"{}\" is a key, but there is {} before it", assignment_, key, place.type_name());
    rest_.remove_prefix(key.size());
    if (rest_.starts_with('.') && rest_.size() > 1) rest_.remove_prefix(1);
    return place[std::string(key)];
  }

 private:
  json& element(json& place) {
    const size_t close = rest_.find(']');
    size_t index = 0;
    const char* end = rest_.data() + (close == std::string_view::npos ? rest_.size() : close);
    const auto [parsed, error] = std::from_chars(rest_.data() + 1, end, index);
    if (close == std::string_view::npos || parsed != end || error != std::errc())
      fail("--set {}: expected an index such as [0]", assignment_);
    const size_t size = place.is_array() ? place.size() : 0;
    if (index >= size)
      fail("--set {}: there is no [{}]; the list has {} element{}", assignment_, index, size,
           size == 1 ? "" : "s");
    rest_.remove_prefix(close + 1);
    if (rest_.starts_with('.') && rest_.size() > 1) rest_.remove_prefix(1);
    return place[index];
  }

  std::string_view rest_;
  const std::string& assignment_;
};

/// Says which problems come from --set: they are not to be looked for in the file.
std::vector<std::string> marked(std::vector<std::string> problems,
                                const std::vector<std::string>& overrides) {
  for (std::string& problem : problems) {
    const bool is_set = std::any_of(overrides.begin(), overrides.end(), [&](const std::string& assignment) {
      const std::string path = assignment.substr(0, assignment.find('='));
      return problem.starts_with(path) &&
             std::string_view(":.[").find(problem[path.size()]) != std::string::npos;
    });
    if (is_set) problem += " (by --set)";
  }
  return problems;
}

json parse_value(const std::string& text) {
  try {
    return parse_json(text, "");
  } catch (const Error&) {
    return text;
  }
}

TrainConfig parse(const json& given, const std::string& source, const std::vector<std::string>& overrides) {
  std::vector<std::string> problems;
  const json good = check_against_schema(given, make_schema(), problems);
  if (!problems.empty()) {
    // What fits together can't be told while a part is unknown.
    const TrainConfig known = good.is_object() ? good.get<TrainConfig>() : TrainConfig{};
    for (const std::string& problem : check_ranges(known)) problems.push_back(problem);
    refuse_problems(source, marked(std::move(problems), overrides));
  }

  auto config = given.get<TrainConfig>();
  problems = validate(config);
  if (lacks_threshold(given, config))
    problems.emplace_back(
        "loss.positive_threshold: not given; in-batch negatives of scored pairs need the label from which a "
        "pair is positive (or in_batch_weight 0)");
  refuse_problems(source, marked(std::move(problems), overrides));
  return config;
}

}  // namespace

void to_json(json& out, const DataSetConfig& set) {
  out = {{"path", set.path},
         {"format", set.format},
         {"label_scale", set.label_scale},
         {"weight", set.weight},
         {"max_rows", set.max_rows},
         {"columns", set.columns},
         {"left_prompt", set.left_prompt},
         {"right_prompt", set.right_prompt}};
  if (set.positive_threshold) out["positive_threshold"] = *set.positive_threshold;
}

void from_json(const json& in, DataSetConfig& set) {
  const DataSetConfig otherwise;
  set.path = in.value("path", otherwise.path);
  set.format = in.value("format", otherwise.format);
  set.label_scale = in.value("label_scale", otherwise.label_scale);
  if (in.contains("positive_threshold")) set.positive_threshold = in.at("positive_threshold").get<double>();
  set.weight = in.value("weight", otherwise.weight);
  set.max_rows = in.value("max_rows", otherwise.max_rows);
  set.columns = in.value("columns", otherwise.columns);
  set.left_prompt = in.value("left_prompt", otherwise.left_prompt);
  set.right_prompt = in.value("right_prompt", otherwise.right_prompt);
}

json default_config() { return TrainConfig{}; }

void apply_override(json& config, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    fail("--set {}: expected path=value, as in loss.angle_weight=0.05", assignment);
  if (find_invalid_utf8(assignment)) fail("--set {}: invalid UTF-8", replace_invalid_utf8(assignment));
  OverridePath path(std::string_view(assignment).substr(0, equals), assignment);
  json* place = &config;
  while (!path.at_end()) place = &path.descend(*place);
  *place = parse_value(assignment.substr(equals + 1));
}

TrainConfig parse_config(const json& given, const std::string& source) { return parse(given, source, {}); }

TrainConfig load_config(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  ConfigFile file = read_config_file(path, ConfigKind::training);
  for (const std::string& assignment : overrides) apply_override(file.content, assignment);
  return parse(file.content, file.source, overrides);
}

}  // namespace angle
