package dev.hone.config;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Turns one written word into a number, truth value, text, enum constant or path. */
final class Scalars {
  private static final Pattern WHOLE = Pattern.compile("[-+]?[0-9]+");
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)?");

  private Scalars() {}

  /**
   * Binds a scalar to a type without parts.
   *
   * @throws HoneException where the value is of another type or out of range
   */
  static Object bind(Class<?> type, Tree tree, String path, @Nullable Range range) {
    Object value = tree instanceof Tree.Scalar scalar ? parsed(type, scalar) : null;
    if (value == null) {
      String word = tree instanceof Tree.Scalar scalar ? scalar.text() : "";
      String hint = type.isEnum() ? nearest(word, Shape.words(type).keySet()) : "";
      throw tree.origin()
          .refuse(path + " is " + tree.shown() + ", expected " + expectation(type, range) + hint);
    }
    if (range != null && value instanceof Number number) {
      double n = number.doubleValue();
      if (n < range.min() || n > range.max()) {
        throw refuse(path, tree, expectation(type, range));
      }
    }
    return value;
  }

  static HoneException refuse(String path, Tree tree, String expected) {
    return tree.origin().refuse(path + " is " + tree.shown() + ", expected " + expected);
  }

  /** " (did you mean 'x'?)" where a word is near; the known words stand in the message already. */
  static String nearest(String word, Collection<String> known) {
    String hint = Nearest.hint(word, known);
    return hint.startsWith(" (did") ? hint : "";
  }

  /** What may stand here, in words. */
  static String expectation(Class<?> type, @Nullable Range range) {
    if (isWhole(type)) {
      return "a whole number" + bounds(range, true);
    }
    if (isFraction(type)) {
      return "a number" + bounds(range, false);
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type.isEnum()) {
      return "one of " + String.join(", ", Shape.words(type).keySet());
    }
    return type == String.class
        ? "a text"
        : type == ByteSize.class
            ? "an amount of memory such as 4 GiB"
            : type == Path.class || type == Place.class ? "a path" : "a value";
  }

  static boolean isWhole(Class<?> type) {
    return type == int.class || type == Integer.class || type == long.class || type == Long.class;
  }

  static boolean isFraction(Class<?> type) {
    return type == double.class || type == Double.class;
  }

  private static String bounds(@Nullable Range range, boolean whole) {
    if (range == null) {
      return "";
    }
    boolean above = range.min() != Double.NEGATIVE_INFINITY;
    boolean below = range.max() != Double.POSITIVE_INFINITY;
    if (above && below) {
      return " from " + bound(range.min(), whole) + " to " + bound(range.max(), whole);
    }
    return above
        ? " of at least " + bound(range.min(), whole)
        : below ? " of at most " + bound(range.max(), whole) : "";
  }

  private static String bound(double value, boolean whole) {
    return whole || value == Math.rint(value) ? Long.toString((long) value) : "" + value;
  }

  /** Null where the text is no value of the type. */
  private static @Nullable Object parsed(Class<?> type, Tree.Scalar scalar) {
    String text = scalar.text();
    if (type == String.class) {
      return text;
    }
    if (type == Path.class) {
      return path(scalar);
    }
    if (type == Place.class) {
      return place(scalar);
    }
    if (type == ByteSize.class) {
      return ByteSize.read(text);
    }
    if (type.isEnum()) {
      Map<String, Object> words = Shape.words(type);
      return words.get(text);
    }
    if (!scalar.plain()) {
      return null;
    }
    if (type == boolean.class || type == Boolean.class) {
      return text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : null;
    }
    if (isFraction(type)) {
      return NUMBER.matcher(text).matches() ? finite(Double.parseDouble(text)) : null;
    }
    if (isWhole(type)) {
      return WHOLE.matcher(text).matches() ? whole(type, text) : null;
    }
    throw new IllegalStateException(type + " cannot be a recipe key");
  }

  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private static @Nullable Object whole(Class<?> type, String text) {
    try {
      if (type == int.class || type == Integer.class) {
        return Integer.valueOf(text);
      }
      return Long.valueOf(text);
    } catch (NumberFormatException e) {
      return null; // more digits than the type holds
    }
  }

  private static @Nullable Place place(Tree.Scalar scalar) {
    if (scalar.text().isBlank()) {
      return null;
    }
    try {
      return Place.read(scalar.text().strip(), scalar.origin().folder());
    } catch (InvalidPathException e) {
      return null;
    }
  }

  private static @Nullable Path path(Tree.Scalar scalar) {
    if (scalar.text().isBlank()) {
      return null;
    }
    try {
      return scalar.origin().folder().resolve(scalar.text()).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      return null;
    }
  }
}
