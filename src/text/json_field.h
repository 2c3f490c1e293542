// A place in a JSON file, for reading members with their type and with errors that name file and place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "angle/error.h"
#include "angle/io/json.h"

namespace angle {

class JsonField {
 public:
  /// @param value   lives longer than the field
  /// @param source  the file's path
  JsonField(const json& value, std::string source) : JsonField(value, std::move(source), "") {}

  /// A member of an object; null when it is missing.
  JsonField operator[](std::string_view key) const;
  /// An element of an array.
  JsonField operator[](size_t index) const;

  bool is_null() const { return value_->is_null(); }
  bool is_object() const { return value_->is_object(); }
  bool is_array() const { return value_->is_array(); }
  size_t size() const { return value_->size(); }

  // The value, which must be of that type.
  const json& object() const;
  const json& array() const;
  const std::string& string() const;
  int64_t integer() const;
  double number() const;
  bool boolean() const;

  // The value, or `otherwise` when it is null or missing.
  std::string string_or(const std::string& otherwise) const { return is_null() ? otherwise : string(); }
  int64_t integer_or(int64_t otherwise) const { return is_null() ? otherwise : integer(); }
  bool boolean_or(bool otherwise) const { return is_null() ? otherwise : boolean(); }

  /// Throws Error `source: place: what`.
  [[noreturn]] void refuse(std::string_view what) const;

  const std::string& source() const { return source_; }

 private:
  JsonField(const json& value, std::string source, std::string place)
      : value_(&value), source_(std::move(source)), place_(std::move(place)) {}

  [[noreturn]] void refuse_type(std::string_view expected) const;

  const json* value_;
  std::string source_;
  std::string place_;  // "model.vocab", empty for the whole file
};

}  // namespace angle
