// The word embeddings of one training step: of a vocabulary's rows those that its texts have.
#pragma once

#include <vector>

#include "angle/tensor.h"

namespace angle {

/// A copy of some rows of the word embeddings, which collects their gradient in place of the whole table.
///
/// The table's gradient would be as large as the table (47 MB of MiniLM, 0.8 GB of XLM-RoBERTa) and nearly
/// all of it zero, to be written, added up, measured and read by the optimizer in every step.
class WordRows {
 public:
  /// @param table         [vocab, hidden]
  /// @param ids           of the rows: those of all tokens of the step, ascending, none twice
  /// @param pad_token_id  its row is a constant, and gets no gradient
  WordRows(const Tensor& table, const std::vector<int64_t>& ids, int64_t pad_token_id);

  /// @param token_ids  [tokens] int64, each among the ids
  /// @return           [tokens, hidden]
  Tensor embed(const Tensor& token_ids) const;

  /// [rows, hidden], a leaf of the graph.
  const Tensor& rows() const { return rows_; }

  /// The gradient of the table, sparse in its rows and coalesced: [vocab, hidden]. Undefined where rows()
  /// have none.
  Tensor table_gradient() const;

 private:
  int64_t vocabulary_;
  int64_t pad_row_;  // −1: none of the rows is
  Tensor ids_;       // [rows] int64
  Tensor rows_;
};

}  // namespace angle
