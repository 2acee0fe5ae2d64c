package dev.hone.app.report;

import dev.hone.evaluate.Estimate;
import java.time.Duration;
import java.util.Locale;

/** Numbers as a reader likes them; the same on every machine. */
final class Numbers {
  private Numbers() {}

  static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  static String count(long value) {
    return format("%,d", value);
  }

  /** With grouped thousands and so many digits after the point. */
  static String decimal(double value, int digits) {
    return format("%,." + digits + "f", value);
  }

  /** A number of things, for example {@code 1 row} and {@code 2 rows}. */
  static String count(long value, String thing) {
    return count(value) + " " + thing + (value == 1 ? "" : "s");
  }

  /** A share as {@code 71.2 %}; the space does not break. */
  static String percent(double share) {
    return Double.isFinite(share) ? format("%.1f\u00a0%%", share * 100) : "\u2013";
  }

  /** The standard error of a share as {@code ± 2.9}, or nothing where it is unknown. */
  static String error(Estimate share) {
    double error = share.standardError();
    return Double.isFinite(error) ? format("±\u00a0%.1f", error * 100) : "";
  }

  static String probability(double p) {
    return p < 1e-4 ? "p < 0.0001" : "p = " + decimal(p, p < 0.01 ? 4 : 2);
  }

  static String bytes(long bytes) {
    double gib = bytes / (double) (1L << 30);
    return gib >= 1 ? format("%.1f GiB", gib) : format("%.0f MiB", gib * 1024);
  }

  /** A parameter count as {@code 134.5 M}. */
  static String parameters(long parameters) {
    if (parameters < 1_000_000) {
      return count(parameters);
    }
    return parameters < 1_000_000_000
        ? format("%.1f\u00a0M", parameters / 1e6)
        : format("%.2f\u00a0B", parameters / 1e9);
  }

  /** For example {@code 2 h 05 min}, {@code 14 min 09 s} or {@code 9.4 s}. */
  static String duration(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 60) {
      return format("%.1f s", duration.toMillis() / 1000.0);
    }
    return seconds < 3600
        ? format("%d min %02d s", seconds / 60, seconds % 60)
        : format("%d h %02d min", seconds / 3600, seconds / 60 % 60);
  }

  /** At most so many characters, the last one an ellipsis where text was cut. */
  static String shorten(String text, int characters) {
    if (text.codePointCount(0, text.length()) <= characters) {
      return text;
    }
    return text.substring(0, text.offsetByCodePoints(0, characters - 1)) + "\u2026";
  }
}
