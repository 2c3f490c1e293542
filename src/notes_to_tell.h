// What is told below the tables of a study: where a task has several, of different metrics, each would tell
// the same.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace angle {

/// The notes of a table that none before it has told of the same task.
///
/// @param tables  of study/, or as report/ has read them back, in the order they are shown in
template <class Table>
std::vector<std::string> notes_to_tell(const std::vector<Table>& tables, size_t number) {
  std::vector<std::string> notes = tables[number].notes;
  for (size_t i = 0; i < number; ++i) {
    if (tables[i].task != tables[number].task) continue;
    const std::vector<std::string>& told = tables[i].notes;
    std::erase_if(notes, [&](const std::string& note) {
      return std::find(told.begin(), told.end(), note) != told.end();
    });
  }
  return notes;
}

}  // namespace angle
