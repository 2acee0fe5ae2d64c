package dev.hone.app;

import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them. */
final class Human {
  private static final String[] BYTES = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Human() {}

  /** 6120 is 6,120. */
  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** Three digits: 6,120 and 41.3 and 0.52. */
  static String perSecond(double perSecond, String unit) {
    String digits = perSecond >= 100 ? "%,.0f" : perSecond >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, digits, perSecond) + " " + unit + "/s";
  }

  /** 0.001 is 1.0e-03. */
  static String rate(double rate) {
    return String.format(Locale.ROOT, "%.1e", rate);
  }

  /** 350ms, 12.4s, 1m12s, 2h05m, 3d04h. */
  static String duration(Duration duration) {
    long millis = duration.toMillis();
    long seconds = Math.round(millis / 1000.0);
    if (millis < 1000) {
      return millis + "ms";
    }
    if (millis < 59_950) {
      return String.format(Locale.ROOT, "%.1fs", millis / 1000.0);
    }
    if (seconds < 3600) {
      return String.format(Locale.ROOT, "%dm%02ds", seconds / 60, seconds % 60);
    }
    long minutes = Math.round(seconds / 60.0);
    if (minutes < 24 * 60) {
      return String.format(Locale.ROOT, "%dh%02dm", minutes / 60, minutes % 60);
    }
    long hours = Math.round(minutes / 60.0);
    return String.format(Locale.ROOT, "%dd%02dh", hours / 24, hours % 24);
  }

  /** Powers of 1,024 with three digits: 512 MiB, 1.50 GiB. */
  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 999.5 && unit < BYTES.length - 1) {
      value /= 1024;
      unit++;
    }
    String digits = unit == 0 || value >= 99.95 ? "%.0f" : value >= 9.995 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, digits, value) + " " + BYTES[unit];
  }
}
