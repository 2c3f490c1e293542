#include "text/json_field.h"

#include "angle/excerpt.h"

namespace angle {
namespace {

const json kNull;

/// The value as JSON, short enough for a message.
std::string abridged(const json& value) {
  constexpr size_t kLongest = 60;
  if (value.is_structured()) return "";
  return " " + excerpt(value.dump(-1, ' ', /*ensure_ascii=*/true), kLongest);
}

}  // namespace

JsonField JsonField::operator[](std::string_view key) const {
  const json& members = object();
  const auto member = members.find(key);
  return {member == members.end() ? kNull : *member, source_,
          place_.empty() ? std::string(key) : place_ + "." + std::string(key)};
}

JsonField JsonField::operator[](size_t index) const {
  if (index >= array().size()) refuse(fmt::format("has {} elements, expected more than {}", size(), index));
  return {(*value_)[index], source_, fmt::format("{}[{}]", place_, index)};
}

const json& JsonField::object() const {
  if (!value_->is_object()) refuse_type("an object");
  return *value_;
}

const json& JsonField::array() const {
  if (!value_->is_array()) refuse_type("an array");
  return *value_;
}

const std::string& JsonField::string() const {
  if (!value_->is_string()) refuse_type("a string");
  return value_->get_ref<const std::string&>();
}

int64_t JsonField::integer() const {
  const bool fits =
      value_->is_number_integer() && (!value_->is_number_unsigned() || value_->get<uint64_t>() <= INT64_MAX);
  if (!fits) refuse_type("an integer");
  return value_->get<int64_t>();
}

double JsonField::number() const {
  if (!value_->is_number()) refuse_type("a number");
  return value_->get<double>();
}

bool JsonField::boolean() const {
  if (!value_->is_boolean()) refuse_type("true or false");
  return value_->get<bool>();
}

void JsonField::refuse(std::string_view what) const {
  if (place_.empty()) fail("{}: {}", source_, what);
  fail("{}: {}: {}", source_, place_, what);
}

void JsonField::refuse_type(std::string_view expected) const {
  if (is_null()) refuse(fmt::format("missing (expected {}); the file is incomplete", expected));
  refuse(fmt::format("expected {}, found {}{}; the file is damaged", expected, value_->type_name(),
                     abridged(*value_)));
}

}  // namespace angle
