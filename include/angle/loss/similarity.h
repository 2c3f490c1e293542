// Scores of pairs of embeddings: the cosine, and AnglE's similarity in complex space (arXiv:2309.12871).
//
// All functions here take rows of any length: each row is divided by its length first, without overflow or
// underflow (but for `dot`, which takes rows as they are). A row whose entries are all below about 1e-32
// (float32; 1e-302 in float64) is a *zero row*: it has no direction, so it is left at zero and gets the
// gradient 0. bfloat16 and half inputs are computed in float32.
#pragma once

#include "angle/loss/options.h"
#include "angle/tensor.h"

namespace angle {

/// Rows of length 1, x / ‖x‖; zero rows stay zero.
///
/// @param embeddings  [rows, hidden]
/// @return            [rows, hidden], float64 for float64, else float32
Tensor normalize_rows(const Tensor& embeddings);

/// Which rows are zero rows.
///
/// @param embeddings  [rows, hidden]
/// @return            [rows] bool
Tensor zero_rows(const Tensor& embeddings);

/// Similarity by the angle θ between two embeddings, cos θ = x·y / (‖x‖‖y‖). Three readings, all symmetric, 0
/// for a pair with a zero row, which gets the gradient 0 from the first two:
///
///     variant  score            range        y = x  y = −x  length of the gradient by x
///     cosine   cos θ            [−1, 1]      1      −1      √(1 − score²) / ‖x‖
///     arccos   1 − 2θ/π         [−1, 1]      1      −1      2 / (π‖x‖)
///     dot      x·y              unbounded    ‖x‖²   −‖x‖²   ‖y‖
///
/// The gradient of the cosine vanishes at y = ±x; the other two are ways out of that. `arccos` grows as the
/// angle shrinks, everywhere at the same rate, but for y = ±x, where it has a kink and the gradient 0; it is
/// computed from ‖x̂ − ŷ‖ and ‖x̂ + ŷ‖, in float64: exact where an arccosine is not. `dot` is not normalised,
/// so that it can also be changed by lengths.
///
/// Call it as angle::cosine_similarity: at::cosine_similarity takes the same arguments, so the bare name is
/// ambiguous.
///
/// @param left, right  [pairs, hidden]
/// @return             [pairs], float64 for float64, else float32
Tensor cosine_similarity(const Tensor& left, const Tensor& right,
                         CosineVariant variant = CosineVariant::cosine);

/// Whether rows can be read as complex vectors.
inline bool has_complex_halves(const Tensor& embeddings) { return embeddings.size(1) % 2 == 0; }

/// Similarity of two embeddings read as complex vectors (AnglE, arXiv:2309.12871, the angle objective).
///
/// The halves of a row are real and imaginary parts, z = a + ib (left x), w = c + id (right y), and
///
///     h = ⟨z,w⟩ / (‖z‖‖w‖), ⟨z,w⟩ = Σ z·conj(w);   Re h = cos(x, y),   Im h = Σ(bc − ad) / (‖z‖‖w‖)
///
/// Three readings of h, all growing with similarity, none changed by positive scaling of either side:
///
///     variant     score           range    symmetric  y = x  y = −x  length of the gradient by x
///     angle_emb   |Re h + Im h|   [0, √2]  no         1      1       √(2 − score²) / ‖x‖
///     hermitian   |h|             [0, 1]   yes        1      1       √(1 − score²) / ‖x‖
///     phase       −|arg h|        [−π, 0]  yes        0      −π      1 / (|h|‖x‖)
///
/// `angle_emb` is what the official code computes. Swapping the sides changes the sign of Im h; the score is
/// √2 where left runs 45° ahead of right, and there alone the gradient vanishes: at y = x, where that of the
/// cosine does, its length is 1/‖x‖. `hermitian` has gradient 0 at y = ±x. `phase` has the sign that the
/// paper gives the angle; its gradient is held below 1000/‖x‖ by clamping |h|. At the kinks (score 0 of the
/// first two, 0 and −π of `phase`) the gradient is 0.
///
/// A pair with a zero row has h = 0, so score 0 and gradient 0; `phase`, which does not exist at h = 0, is
/// −π/2 there, the middle of its range.
///
/// @param left, right  [pairs, hidden], hidden even
/// @return             [pairs]
Tensor angle_similarity(const Tensor& left, const Tensor& right,
                        AngleVariant variant = AngleVariant::angle_emb);

}  // namespace angle
