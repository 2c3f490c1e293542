// The gradients of all processes, added up: one flat buffer, one exchange an update.
#pragma once

#include <vector>

#include "angle/distributed/process_group.h"
#include "angle/tensor.h"

namespace angle {

class GradientSum {
 public:
  /// @param parameters  of one device and type, in the same order everywhere
  /// @param table       the one of them of which a batch touches few rows: the embeddings of a vocabulary;
  ///                    undefined, or none of the parameters: all are exchanged whole
  GradientSum(ProcessGroup group, std::vector<Tensor> parameters, Tensor table = {});

  /// Replaces every gradient by its sum over all processes. A parameter has a gradient afterwards when it had
  /// one anywhere. Sums are parts of a buffer that the next call overwrites: a step begins without gradients.
  ///
  /// Of the table only the given rows are exchanged, unless they are more than half of it. All processes know
  /// the whole batch, and so these rows: nobody has to look for them in the gradient or to agree on them.
  ///
  /// The 86 million other parameters of BERT-base are 344 MB, a fraction of a second between two machines:
  /// starting earlier, while the backward pass still runs, would gain little.
  ///
  /// @param rows  [n] int64, on the parameters' device, none twice, the same everywhere. Outside of them the
  ///              gradient of the table is zero in every process, and stays so. Undefined: all rows
  void reduce(const Tensor& rows = {});

 private:
  /// Where in the buffer the sums of one exchange are. All are views of it.
  struct Layout {
    Tensor all;                     // what is exchanged
    std::vector<Tensor> gradients;  // its parts, shaped like the parameters; the table's has the given rows
    Tensor present;                 // [parameters], its last part: 1 for each that has a gradient
  };

  bool in_rows(const Tensor& parameter, const Tensor& rows) const;
  Layout lay_out(const Tensor& rows);
  void collect(const Tensor& rows, const Layout& sums) const;
  void hand_out(const Tensor& rows, const Layout& sums) const;

  ProcessGroup group_;
  std::vector<Tensor> parameters_;
  Tensor table_;
  Tensor buffer_;  // as large as the largest exchange so far
};

}  // namespace angle
