package dev.hone.model;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.store.Config;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;

/**
 * Rotary position embedding (arXiv:2104.09864), in the half-split layout of the Hugging Face
 * models.
 *
 * @param inverseFrequencies D/2 of them
 * @param scale factor on cosine and sine
 */
public record Rope(double[] inverseFrequencies, double scale) {
  private static final List<String> TYPES = List.of("default", "linear", "llama3");

  /** Cosines and sines of all positions of one pass, broadcastable to [B, H, T, D]. */
  public record Angles(Tensor cos, Tensor sin) {}

  /**
   * Reads both generations of config.json: {@code rope_parameters}, or {@code rope_theta} with
   * {@code rope_scaling}.
   *
   * @param width D, the rotated part of a head
   */
  public static Rope of(Config config, int width) {
    Config scaling = config.optionalObject("rope_parameters").orElse(null);
    if (scaling == null) {
      scaling = config.optionalObject("rope_scaling").orElse(null);
    }
    double theta = config.optionalDouble("rope_theta").orElse(10000);
    if (scaling == null) {
      return new Rope(plain(theta, width), 1);
    }
    theta = scaling.optionalDouble("rope_theta").orElse(theta);
    String type =
        scaling.optionalText("rope_type").orElse(scaling.optionalText("type").orElse("default"));
    double[] plain = plain(theta, width);
    return switch (type) {
      case "default" -> new Rope(plain, 1);
      case "linear" -> new Rope(divided(plain, scaling.doubleValue("factor")), 1);
      case "llama3" -> new Rope(llama3(plain, scaling), 1);
      default ->
          throw new HoneException(
              "config.json: RoPE type '" + type + "' is unknown" + Nearest.hint(type, TYPES));
    };
  }

  private static double[] plain(double theta, int width) {
    double[] frequencies = new double[width / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1 / Math.pow(theta, 2.0 * i / width);
    }
    return frequencies;
  }

  private static double[] divided(double[] frequencies, double factor) {
    return java.util.Arrays.stream(frequencies).map(f -> f / factor).toArray();
  }

  /** Llama 3.1's rule: long waves are stretched, short ones stay, those between are blended. */
  private static double[] llama3(double[] frequencies, Config scaling) {
    double factor = scaling.doubleValue("factor");
    double low = scaling.doubleValue("low_freq_factor");
    double high = scaling.doubleValue("high_freq_factor");
    double original = scaling.doubleValue("original_max_position_embeddings");
    double[] result = new double[frequencies.length];
    for (int i = 0; i < result.length; i++) {
      double wavelength = 2 * Math.PI / frequencies[i];
      double smooth = (original / wavelength - low) / (high - low);
      double share = Math.clamp(smooth, 0, 1);
      result[i] = (1 - share) * frequencies[i] / factor + share * frequencies[i];
    }
    return result;
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
        positions
            .to(dev.hone.tensor.DType.F32)
            .unsqueeze(-1)
            .mul(Tensors.of(frequencies, frequencies.length));
    Tensor both = Tensors.cat(List.of(half, half), -1);
    Tensor cos = scale == 1 ? both.cos() : both.cos().mul(scale);
    Tensor sin = scale == 1 ? both.sin() : both.sin().mul(scale);
    return positions.rank() == 1
        ? new Angles(cos, sin)
        : new Angles(cos.unsqueeze(1), sin.unsqueeze(1));
  }

  /** Rotates x [B, H, T, D]. */
  static Tensor rotate(Tensor x, Angles angles) {
    long half = x.size(-1) / 2;
    Tensor turned = Tensors.cat(List.of(x.narrow(-1, half, half).neg(), x.narrow(-1, 0, half)), -1);
    return x.mul(angles.cos()).add(turned.mul(angles.sin()));
  }
}
