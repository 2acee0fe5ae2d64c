package dev.hone.model;

import dev.hone.error.HoneException;
import dev.hone.store.Config;
import dev.hone.tensor.DType;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Rotary position embedding (arXiv:2104.09864), in the half-split layout of the Hugging Face
 * models.
 *
 * @param inverseFrequencies W/2 of them, where W is the part of a head that turns
 * @param scale factor on cosine and sine
 * @param interleaved dimensions 2i and 2i+1 turn together (GPT-J), instead of i and i + W/2
 * @param stretch what changes for long rows, or null
 */
public record Rope(
    double[] inverseFrequencies, double scale, boolean interleaved, @Nullable Stretch stretch) {

  /**
   * Other frequencies for rows of more than {@code limit} tokens. A row's frequencies depend on its
   * own length only, so that it is the same alone and in a batch.
   *
   * @param growing whether they go on changing with every token more
   * @param frequencies by the row's length
   */
  public record Stretch(long limit, boolean growing, LongFunction<double[]> frequencies) {}

  /**
   * Cosines and sines of all positions of one pass, broadcastable to [B, H, T, W].
   *
   * @param interleaved as in the rope
   */
  public record Angles(Tensor cos, Tensor sin, boolean interleaved) {

    /** Rotates the first W dimensions of x [B, H, T, D]. */
    Tensor turn(Tensor x) {
      long width = cos.size(-1);
      long rest = x.size(-1) - width;
      if (rest == 0) {
        return interleaved ? rotatePairs(x, this) : rotate(x, this);
      }
      Tensor part = x.narrow(-1, 0, width);
      Tensor turned = interleaved ? rotatePairs(part, this) : rotate(part, this);
      return Tensors.cat(List.of(turned, x.narrow(-1, width, rest)), -1);
    }
  }

  /**
   * Reads a config whose heads turn as a whole.
   *
   * @param width D
   */
  public static Rope of(Config config, int width) {
    return RopeReader.whole(config).read(width);
  }

  /** Dimensions that turn in pairs side by side (GPT-J). */
  public static Rope interleaved(double theta, int width) {
    return new Rope(RopeReader.plain(theta, width), 1, true, null);
  }

  /** Whether the first tokens of a row turn otherwise when it has grown. */
  boolean turnsAnew(long before, long after) {
    return stretch != null
        && after > stretch.limit()
        && (stretch.growing() || before <= stretch.limit());
  }

  /** The angles of one causal pass. */
  Angles angles(Places places) {
    if (stretch == null || places.total() <= stretch.limit()) {
      return angles(places.here());
    }
    Tensor here = places.here();
    long[] lengths = places.rowLengths(here.rank() == 2 ? here.size(0) : 1);
    for (long length : lengths) {
      if (places.seen() > 0 && turnsAnew(length - places.width(), length)) {
        throw new HoneException(
            "this model turns positions differently in rows of more than "
                + stretch.limit()
                + " tokens, so what is remembered of shorter ones cannot be continued; read the"
                + " whole row again");
      }
    }
    float[] frequencies = new float[lengths.length * inverseFrequencies.length];
    for (int row = 0; row < lengths.length; row++) {
      double[] own =
          lengths[row] > stretch.limit()
              ? stretch.frequencies().apply(lengths[row])
              : inverseFrequencies;
      for (int i = 0; i < own.length; i++) {
        frequencies[row * own.length + i] = (float) own[i];
      }
    }
    Tensor each = Tensors.of(frequencies, lengths.length, 1, inverseFrequencies.length);
    Tensor half = (here.rank() == 1 ? here.unsqueeze(0) : here).to(DType.F32).unsqueeze(-1);
    return angles(half.mul(each), true);
  }

  /**
   * @param positions I64[T] or I64[B, T]
   */
  Angles angles(Tensor positions) {
    float[] frequencies = new float[inverseFrequencies.length];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) inverseFrequencies[i];
    }
    Tensor half =
        positions.to(DType.F32).unsqueeze(-1).mul(Tensors.of(frequencies, frequencies.length));
    return angles(half, positions.rank() == 2);
  }

  /** From [..., T, W/2] angles; with rows of their own, an axis for the heads is added. */
  private Angles angles(Tensor half, boolean rows) {
    Tensor both =
        interleaved
            ? Tensors.stack(List.of(half, half), -1).reshape(doubled(half.shape()))
            : Tensors.cat(List.of(half, half), -1);
    Tensor cos = scale == 1 ? both.cos() : both.cos().mul(scale);
    Tensor sin = scale == 1 ? both.sin() : both.sin().mul(scale);
    return rows
        ? new Angles(cos.unsqueeze(1), sin.unsqueeze(1), interleaved)
        : new Angles(cos, sin, interleaved);
  }

  private static long[] doubled(long[] shape) {
    shape[shape.length - 1] *= 2;
    return shape;
  }

  /** Rotates x [B, H, T, D]. */
  static Tensor rotate(Tensor x, Angles angles) {
    long half = x.size(-1) / 2;
    Tensor turned = Tensors.cat(List.of(x.narrow(-1, half, half).neg(), x.narrow(-1, 0, half)), -1);
    return x.mul(angles.cos()).add(turned.mul(angles.sin()));
  }

  /** Rotates x [B, H, T, W], whose pairs stand side by side. */
  private static Tensor rotatePairs(Tensor x, Angles angles) {
    Tensor pairs = x.reshape(x.size(0), x.size(1), x.size(2), x.size(3) / 2, 2);
    Tensor turned =
        Tensors.stack(List.of(pairs.select(-1, 1).neg(), pairs.select(-1, 0)), -1)
            .reshape(x.shape());
    return x.mul(angles.cos()).add(turned.mul(angles.sin()));
  }
}
