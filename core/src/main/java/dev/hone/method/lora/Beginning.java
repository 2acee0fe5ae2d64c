package dev.hone.method.lora;

import dev.hone.error.HoneException;
import dev.hone.model.Linear;
import dev.hone.tensor.Linalg;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;

/**
 * The first values of one pair.
 *
 * @param a [r, in]
 * @param b [out, r]
 */
record Beginning(Tensor a, Tensor b) {

  /**
   * @param w the weight as [out, in]
   * @param scale of the product
   */
  static Beginning of(LoraConfig config, Linear at, Tensor w, int rank, double scale) {
    return switch (config.start()) {
      case KAIMING -> zeroB(Tensors.kaiming(rank, at.in()), at);
      case GAUSSIAN -> zeroB(Tensors.normal(0, 1.0 / rank, rank, at.in()), at);
      case PISSA -> pissa(svd(config, at, w, rank), rank, scale);
      case OLORA -> {
        requireRank(at, rank);
        Tensor[] qr = Linalg.qr(w);
        yield new Beginning(qr[1].narrow(0, 0, rank), qr[0].narrow(1, 0, rank));
      }
      case LOFTQ -> throw new IllegalArgumentException("needs the weight before its rounding");
      case EVA ->
          throw new HoneException(
              "method.start: eva needs rows of the training data to look at; none were given");
    };
  }

  /**
   * The pair nearest to what rounding has taken from the weight.
   *
   * @param lost the weight less its rounded form, [out, in]
   */
  static Beginning loftq(LoraConfig config, Linear at, Tensor lost, int rank, double scale) {
    return pissa(svd(config, at, lost, rank), rank, scale);
  }

  /** A given, B zero: the start changes nothing. */
  static Beginning zeroB(Tensor a, Linear at) {
    return new Beginning(a, Tensors.zeros(at.out(), a.size(0)));
  }

  private static Linalg.Svd svd(LoraConfig config, Linear at, Tensor w, int rank) {
    requireRank(at, rank);
    return config.startIterations() == 0
        ? Linalg.svd(w)
        : Linalg.svdLowrank(w, rank, config.startIterations());
  }

  private static Beginning pissa(Linalg.Svd svd, int rank, double scale) {
    Tensor roots = svd.s().narrow(0, 0, rank).mul(1 / scale).sqrt();
    return new Beginning(
        svd.vh().narrow(0, 0, rank).mul(roots.unsqueeze(1)), svd.u().narrow(1, 0, rank).mul(roots));
  }

  private static void requireRank(Linear at, int rank) {
    long most = Math.min(at.in(), at.out());
    if (rank > most) {
      throw new HoneException(
          "method.rank: " + rank + " is more than the rank " + most + " of " + at.name());
    }
  }
}
