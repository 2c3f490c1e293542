// TensorBoard's event files: what metrics.jsonl says, as the message tensorflow.Event (protocol buffers,
// tensorboard/compat/proto/event.proto) in the records of io/tfrecord.h. Knows no torch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace angle {

/// A number and the curve that it is a point of, `train/loss`.
struct Scalar {
  std::string tag;
  double value;
};

/// The numbers of a line of metrics.jsonl: `train/<key>` of an update; of a validation
/// `evaluation/<its name>` for the score and `evaluation/<key>` for the rest.
std::vector<Scalar> scalars_of(const nlohmann::json& line);

/// The events that are used here, as messages.
///
/// @param wall_time  seconds since 1970
std::string version_event(double wall_time);
std::string restart_event(double wall_time, int64_t step);  // what came from this step on is void
std::string scalars_event(double wall_time, int64_t step, const std::vector<Scalar>& scalars);

class EventFile {
 public:
  /// Begins a file `events.out.tfevents.<seconds since 1970>.angle`, which comes after all that are there by
  /// name, as TensorBoard reads them. Points of step `first_void` and later ones in those before are of an
  /// interrupted run: TensorBoard is told to drop them.
  EventFile(const std::filesystem::path& directory, int64_t first_void);

  /// Appends the scalars of a line of metrics.jsonl and hands them to the system.
  void write(const nlohmann::json& line);

 private:
  void append(std::string_view event);

  std::filesystem::path file_;
  std::ofstream stream_;
};

}  // namespace angle
