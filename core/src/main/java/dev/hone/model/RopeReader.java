package dev.hone.model;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.store.Config;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads rotary positions from both generations of config.json: {@code rope_parameters}, or {@code
 * rope_theta} with {@code rope_scaling}.
 *
 * @param thetaKey where the base stands outside of these objects
 * @param theta the base where it stands nowhere
 * @param shareKey where the share of a head that turns stands outside; empty where heads turn as a
 *     whole
 * @param share the share where it stands nowhere
 */
public record RopeReader(
    Config config, String thetaKey, double theta, String shareKey, double share) {
  private static final List<String> TYPES =
      List.of("default", "linear", "dynamic", "yarn", "longrope", "llama3");

  /**
   * Far above any model's; the frequencies are worked out before a weight shows the width wrong.
   */
  private static final int MOST_WIDTH = 1 << 16;

  private static final String ORIGINAL = "original_max_position_embeddings";

  /** For heads that turn as a whole. */
  public static RopeReader whole(Config config) {
    return new RopeReader(config, "rope_theta", 10000, "", 1);
  }

  /** For heads of which only a share turns. */
  public static RopeReader partly(Config config, double share) {
    return new RopeReader(config, "rope_theta", 10000, "partial_rotary_factor", share);
  }

  /** With another base where the config names none. */
  public RopeReader withTheta(String key, double otherwise) {
    return new RopeReader(config, key, otherwise, shareKey, share);
  }

  /**
   * @param headWidth D
   */
  public Rope read(int headWidth) {
    Config scaling =
        config.has("rope_parameters")
            ? config.object("rope_parameters")
            : config.optionalObject("rope_scaling").orElse(null);
    if (scaling != null && (scaling.has("full_attention") || scaling.has("sliding_attention"))) {
      throw config.wrong("rope_parameters", "one object for all layers of this architecture");
    }
    return read(headWidth, scaling, type(scaling));
  }

  /** The type that an object names, older names translated. */
  public static String type(@Nullable Config scaling) {
    if (scaling == null) {
      return "default";
    }
    String named =
        scaling.optionalText("rope_type").orElse(scaling.optionalText("type").orElse("default"));
    return named.equals("su") ? "longrope" : named;
  }

  /**
   * @param scaling the object with the parameters, or null
   * @param type what to read it as
   */
  public Rope read(int headWidth, @Nullable Config scaling, String type) {
    double outside = config.optionalDouble(thetaKey).orElse(theta);
    double base = scaling == null ? outside : scaling.optionalDouble("rope_theta").orElse(outside);
    int width = width(headWidth, scaling);
    if (type.equals("default")) {
      return rope(plain(base, width));
    }
    if (scaling == null || !TYPES.contains(type)) {
      throw new HoneException(
          config.file()
              + ": RoPE type '"
              + type
              + "' is not supported, expected one of "
              + String.join(", ", TYPES)
              + Nearest.hint(type, TYPES));
    }
    double[] plain = plain(base, width);
    return switch (type) {
      case "linear" -> rope(divided(plain, scaling.doubleValue("factor")));
      case "dynamic" -> dynamic(base, width, scaling.doubleValue("factor"));
      case "yarn" -> yarn(base, width, scaling);
      case "longrope" -> longrope(plain, scaling);
      default -> rope(llama3(plain, scaling));
    };
  }

  private static Rope rope(double[] frequencies) {
    return new Rope(frequencies, 1, false, null);
  }

  private int width(int headWidth, @Nullable Config scaling) {
    if (headWidth < 1 || headWidth > MOST_WIDTH) {
      throw new HoneException(
          "%s: heads are %d wide, expected 1 to %d"
              .formatted(config.file(), headWidth, MOST_WIDTH));
    }
    String inner = "partial_rotary_factor";
    if (shareKey.isEmpty()) {
      Config named = scaling != null && scaling.has(inner) ? scaling : config;
      if (named.optionalDouble(inner).orElse(1) != 1) {
        throw named.wrong(inner, "1: heads of this architecture turn as a whole");
      }
      return headWidth;
    }
    double outside = config.optionalDouble(shareKey).orElse(share);
    double part = scaling == null ? outside : scaling.optionalDouble(inner).orElse(outside);
    int width = (int) (headWidth * part);
    if (width < 2 || width > headWidth || width % 2 != 0) {
      throw new HoneException(
          config.file()
              + ": "
              + part
              + " of a head of "
              + headWidth
              + " is "
              + width
              + " rotary dimensions, expected an even number from 2 to "
              + headWidth);
    }
    return width;
  }

  static double[] plain(double theta, int width) {
    double[] frequencies = new double[width / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1 / Math.pow(theta, 2.0 * i / width);
    }
    return frequencies;
  }

  private static double[] divided(double[] frequencies, double factor) {
    return Arrays.stream(frequencies).map(f -> f / factor).toArray();
  }

  /** The base grows with the row's length once that exceeds the model's context. */
  private Rope dynamic(double theta, int width, double factor) {
    double context = config.intValue("max_position_embeddings");
    double power = width / (width - 2.0);
    return new Rope(
        plain(theta, width),
        1,
        false,
        new Rope.Stretch(
            (long) context,
            true,
            length ->
                plain(theta * Math.pow(factor * length / context - (factor - 1), power), width)));
  }

  /** The context before it was stretched: a key of the config itself goes before the object's. */
  private double original(Config scaling) {
    if (config.has(ORIGINAL)) {
      return config.intValue(ORIGINAL);
    }
    return scaling.has(ORIGINAL)
        ? scaling.doubleValue(ORIGINAL)
        : config.intValue("max_position_embeddings");
  }

  private double factor(Config scaling, double original) {
    return scaling
        .optionalDouble("factor")
        .orElseGet(() -> config.intValue("max_position_embeddings") / original);
  }

  /** YaRN (arXiv:2309.00071): slow waves are stretched, fast ones stay, a ramp lies between. */
  private Rope yarn(double theta, int width, Config scaling) {
    double original = original(scaling);
    double factor = factor(scaling, original);
    boolean truncate = scaling.optionalBoolean("truncate").orElse(true);
    double low = turns(scaling.optionalDouble("beta_fast").orElse(32), width, theta, original);
    double high = turns(scaling.optionalDouble("beta_slow").orElse(1), width, theta, original);
    low = Math.max(truncate ? Math.floor(low) : low, 0);
    high = Math.min(truncate ? Math.ceil(high) : high, width - 1);
    if (low == high) {
      high += 0.001;
    }
    double[] plain = plain(theta, width);
    double[] result = new double[plain.length];
    for (int i = 0; i < result.length; i++) {
      double stretched = Math.clamp((i - low) / (high - low), 0, 1);
      result[i] = plain[i] / factor * stretched + plain[i] * (1 - stretched);
    }
    return new Rope(result, yarnScale(scaling, factor), false, null);
  }

  /** The dimension whose wave turns so many times within the context. */
  private static double turns(double count, int width, double theta, double context) {
    return width * Math.log(context / (count * 2 * Math.PI)) / (2 * Math.log(theta));
  }

  private static double yarnScale(Config scaling, double factor) {
    if (scaling.has("attention_factor")) {
      return scaling.doubleValue("attention_factor");
    }
    double one = scaling.optionalDouble("mscale").orElse(0);
    double all = scaling.optionalDouble("mscale_all_dim").orElse(0);
    return one != 0 && all != 0
        ? sharpened(factor, one) / sharpened(factor, all)
        : sharpened(factor, 1);
  }

  private static double sharpened(double factor, double mscale) {
    return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
  }

  /** LongRoPE (arXiv:2402.13753): a divisor for each wave, one list for short and one for long. */
  private Rope longrope(double[] plain, Config scaling) {
    double original = original(scaling);
    double factor = factor(scaling, original);
    double scale =
        scaling
            .optionalDouble("attention_factor")
            .orElse(factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original)));
    double[] extended = each(plain, scaling, "long_factor");
    return new Rope(
        each(plain, scaling, "short_factor"),
        scale,
        false,
        new Rope.Stretch((long) original, false, length -> extended));
  }

  private static double[] each(double[] plain, Config scaling, String key) {
    List<Double> divisors = scaling.doubles(key);
    if (divisors.size() != plain.length) {
      throw scaling.wrong(key, "a list of " + plain.length + " numbers");
    }
    double[] result = new double[plain.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = plain[i] / divisors.get(i);
    }
    return result;
  }

  /** Llama 3.1's rule: long waves are stretched, short ones stay, those between are blended. */
  private double[] llama3(double[] frequencies, Config scaling) {
    double factor = scaling.doubleValue("factor");
    double low = scaling.doubleValue("low_freq_factor");
    double high = scaling.doubleValue("high_freq_factor");
    double original = original(scaling);
    double[] result = new double[frequencies.length];
    for (int i = 0; i < result.length; i++) {
      double wavelength = 2 * Math.PI / frequencies[i];
      double smooth = (original / wavelength - low) / (high - low);
      double share = Math.clamp(smooth, 0, 1);
      result[i] = (1 - share) * frequencies[i] / factor + share * frequencies[i];
    }
    return result;
  }
}
