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
      if (s == -1) {
        unknown++;
      } else {
        known *= s;
      }
    }
    long have = t.numel();
    boolean fits = unknown == 0 ? known == have : unknown == 1 && (known == 0 || have % known == 0);
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
}
