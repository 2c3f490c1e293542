#include "annotate/leaks.h"

#include <set>

#include "angle/data/reader.h"
#include "angle/eval/tasks.h"

#include "annotate/words.h"

namespace angle {
namespace {

std::set<std::string> plain_sentences(const std::filesystem::path& file) {
  std::set<std::string> sentences;
  for (const ScoredPair& pair : read_scored_pairs(file, {.invalid_utf8 = InvalidUtf8::replace}).examples) {
    sentences.insert(plain_words(pair.left));
    sentences.insert(plain_words(pair.right));
  }
  return sentences;
}

}  // namespace

std::vector<LeakReport> find_leaks(const std::vector<std::string>& sentences,
                                   const std::filesystem::path& data_dir) {
  std::vector<std::string> plain;
  for (const std::string& sentence : sentences) plain.push_back(plain_words(sentence));
  std::vector<LeakReport> checks;
  for (const TaskSpec& task : all_tasks()) {
    for (const KnownSplit& split : task.splits) {
      const std::filesystem::path file = task_file(data_dir, task, split.name);
      if (split.name == "train" || !std::filesystem::exists(file)) continue;
      const std::set<std::string> known = plain_sentences(file);
      LeakReport check{
          .task = task.name, .split = split.name, .sentences = static_cast<int64_t>(known.size())};
      for (size_t i = 0; i < sentences.size(); ++i)
        if (known.contains(plain[i])) check.leaked.push_back(sentences[i]);
      checks.push_back(std::move(check));
    }
  }
  return checks;
}

}  // namespace angle
