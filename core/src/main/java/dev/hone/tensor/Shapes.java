package dev.hone.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Checks made in Java, because an error inside native code is unreadable. */
final class Shapes {
  private Shapes() {}

  static IllegalArgumentException mismatch(String operation, String expected, Tensor... tensors) {
    return new IllegalArgumentException(
        operation
            + ": expected "
            + expected
            + ", got "
            + Stream.of(tensors).map(Tensor::describe).collect(Collectors.joining(" and ")));
  }

  static void broadcastable(String operation, Tensor a, Tensor b) {
    long[] x = a.shape();
    long[] y = b.shape();
    for (int i = 1; i <= Math.min(x.length, y.length); i++) {
      long m = x[x.length - i];
      long n = y[y.length - i];
      if (m != n && m != 1 && n != 1) {
        throw mismatch(operation, "shapes that broadcast", a, b);
      }
    }
  }

  static void elements(String operation, Tensor t, long[] shape) {
    long known = 1;
    int unknown = 0;
    for (long s : shape) {
      if (s < 0) {
        unknown += s == -1 ? 1 : 2; // only -1 means "as many as are left", and only once
      } else {
        known *= s;
      }
    }
    long have = t.numel();
    boolean fits = unknown == 0 ? known == have : unknown == 1 && known > 0 && have % known == 0;
    if (!fits) {
      throw mismatch(operation + " to " + Arrays.toString(shape), "as many elements", t);
    }
  }

  static int axis(String operation, Tensor t, int axis) {
    int rank = t.rank();
    if (axis < -rank || axis >= rank) {
      throw mismatch(operation, "axis " + axis + " to exist", t);
    }
    return axis < 0 ? axis + rank : axis;
  }

  static void range(String operation, Tensor t, int axis, long start, long length) {
    int at = axis(operation, t, axis);
    if (start < 0 || length < 0 || start + length > t.size(at)) {
      throw mismatch(operation, "axis " + at + " to hold " + start + ".." + (start + length), t);
    }
  }

  /** Whether {@code from}, lined up on the right, broadcasts to exactly {@code to}. */
  static boolean expands(long[] from, long... to) {
    int ahead = to.length - from.length;
    if (ahead < 0) {
      return false;
    }
    for (int i = 0; i < from.length; i++) {
      if (from[i] != 1 && from[i] != to[ahead + i]) {
        return false;
      }
    }
    return true;
  }

  /** In place the result has no more room than the tensor that takes it. */
  static void fitsInto(String operation, Tensor target, Tensor source) {
    if (!expands(source.shape(), target.shape())) {
      throw mismatch(operation, "a second shape that broadcasts to the first", target, source);
    }
  }

  static long[] sizes(String operation, long... shape) {
    for (long s : shape) {
      if (s < 0) {
        throw new IllegalArgumentException(
            operation + ": negative size in the shape " + Arrays.toString(shape));
      }
    }
    return shape;
  }

  static void index(String operation, Tensor t, int rank, Tensor index) {
    if (index.dtype() != DType.I64 || index.rank() != rank) {
      throw mismatch(operation, "an I64 index with " + rank + " axes", t, index);
    }
  }

  /**
   * Refuses numbers outside 0..count-1. Only on the CPU: elsewhere the look would wait for the
   * device.
   *
   * @param besides one more number that is allowed
   */
  static void within(String operation, String what, Tensor numbers, long count, long besides) {
    if (numbers.device() != Device.CPU) {
      return;
    }
    for (long number : numbers.toLongs()) {
      if ((number < 0 || number >= count) && number != besides) {
        throw new IllegalArgumentException(
            operation + ": expected " + what + " 0.." + (count - 1) + ", got " + number);
      }
    }
  }

  static void within(String operation, String what, Tensor numbers, long count) {
    within(operation, what, numbers, count, count > 0 ? 0 : -1);
  }
}
