package dev.hone.tensor;

import java.util.Map;

/**
 * How the numbers of a matrix that never changes are kept in fewer bytes than F32 takes. But for
 * BF16 in products of BF16, nothing is computed in this form: whoever needs the numbers is given
 * them as F32, and forgets them again.
 */
public sealed interface Packing permits Narrow, Int8, Nf4 {
  /** Rows of the matrix, R. */
  long rows();

  /** Columns of the matrix, C. */
  long columns();

  /** What it consists of, under the names that a file gives the parts. */
  Map<String, Tensor> parts();

  /** All numbers as F32 [R, C]. */
  Tensor dense();

  /**
   * Some of the rows.
   *
   * @param index I64[N]
   * @return F32 [N, C]
   */
  Tensor rows(Tensor index);

  /** Memory that the parts take. */
  default long bytes() {
    return parts().values().stream().mapToLong(Tensor::bytes).sum();
  }
}
