// Measures the tokenizer of a model directory alone, on one thread: for each line on stdin it tokenises all
// texts and prints the seconds of processor time that took. scripts/benchmark.sh tokenizer holds it against
// others.
//
//     cmake --build build/release --target tokenizer_rate
//     build/release/bench/tokenizer_rate MODEL_DIRECTORY TEXTS

#include <cstdio>
#include <ctime>
#include <exception>
#include <string>
#include <vector>

#include "angle/data/text_reader.h"
#include "angle/text/tokenizer.h"

namespace angle {
namespace {

std::vector<std::string> read_texts(const std::filesystem::path& path) {
  std::vector<std::string> texts;
  TextReader reader(path);
  for (std::string text; reader.next(text);) texts.push_back(text);
  return texts;
}

void measure_on_demand(const std::filesystem::path& model, const std::filesystem::path& file) {
  const LoadedTokenizer loaded = load_tokenizer(model);
  const std::vector<std::string> texts = read_texts(file);
  std::printf("ready\n");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
    const std::clock_t begin = std::clock();
    for (const std::string& text : texts) loaded.tokenizer->encode(text, int64_t{1} << 20);
    std::printf("%.6f\n", static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace angle

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: tokenizer_rate MODEL_DIRECTORY TEXTS\n");
    return 2;
  }
  try {
    angle::measure_on_demand(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  return 0;
}
