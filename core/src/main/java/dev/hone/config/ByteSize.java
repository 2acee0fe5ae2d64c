package dev.hone.config;

import java.math.BigDecimal;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An amount of memory, written as {@code 4 GiB}, {@code 512 MiB} or {@code 1.5 GB}. */
public final class ByteSize {
  private static final Pattern WRITTEN =
      Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{1,3})?) ?(?:([KMGT])(i?))?B");

  private static final List<String> UNITS = List.of("K", "M", "G", "T");

  private final long bytes;

  private ByteSize(long bytes) {
    this.bytes = bytes;
  }

  public static ByteSize of(long bytes) {
    return new ByteSize(bytes);
  }

  /** The amount that a text says; null where it says none, or nothing at all. */
  static @Nullable ByteSize read(String text) {
    Matcher matcher = WRITTEN.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    int power = matcher.group(2) == null ? 0 : 1 + UNITS.indexOf(matcher.group(2));
    int thousand = "i".equals(matcher.group(3)) ? 1024 : 1000;
    BigDecimal bytes =
        new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(thousand).pow(power));
    boolean sane = bytes.signum() > 0 && bytes.compareTo(BigDecimal.valueOf(1L << 50)) < 0;
    return sane ? new ByteSize(bytes.longValue()) : null;
  }

  public long bytes() {
    return bytes;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ByteSize size && size.bytes == bytes;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(bytes);
  }

  /** In the largest binary unit that says it exactly. */
  @Override
  public String toString() {
    for (int power = UNITS.size(); power > 0; power--) {
      long unit = 1L << 10 * power;
      if (bytes >= unit && bytes * 8 % unit == 0) { // eighths have three digits
        return BigDecimal.valueOf(bytes / (unit / 8))
                .divide(BigDecimal.valueOf(8))
                .stripTrailingZeros()
                .toPlainString()
            + " "
            + UNITS.get(power - 1)
            + "iB";
      }
    }
    return bytes + " B";
  }
}
