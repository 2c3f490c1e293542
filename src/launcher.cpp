// `angle`, the program people start: sets what a library reads only while it is loaded, and becomes
// libexec/angle, the program proper.
//
// OpenMP's threads wait for each other by spinning for milliseconds. Beside another busy process that makes
// training ten times slower and embedding two times. Spinning for a moment loses nothing on an idle machine.
// BENCHMARKS.md ("Threads that wait") has the figures. What the user set is left as it is.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

#include <climits>

namespace {

/// The folder that this program is in; "" when there is no /proc.
std::string own_folder() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return "";
  const std::string file(path, static_cast<size_t>(length));
  return file.substr(0, file.rfind('/'));
}

}  // namespace

int main(int, char** argv) {
  if (!std::getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/0);
  const std::string folder = own_folder();
  if (!folder.empty()) {
    execv((folder + "/libexec/angle").c_str(), argv);     // as built
    execv((folder + "/../libexec/angle").c_str(), argv);  // as installed
  }
  std::fprintf(stderr,
               "error: libexec/angle, which belongs to %s/angle, can't be started; install both again (or is "
               "/proc missing?)\n",
               folder.c_str());
  return 1;
}
