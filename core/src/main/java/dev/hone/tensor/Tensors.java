package dev.hone.tensor;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Makes tensors, on the engine's device unless said otherwise. */
public final class Tensors {
  private Tensors() {}

  public static Tensor zeros(DType type, long... shape) {
    Scope.requireOpen();
    return new Tensor(torch.zeros(Shapes.sizes("zeros", shape), options(type)));
  }

  public static Tensor zeros(long... shape) {
    return zeros(DType.F32, shape);
  }

  public static Tensor full(double value, long... shape) {
    Scope.requireOpen();
    return new Tensor(
        torch.full(Shapes.sizes("full", shape), new Scalar(value), options(DType.F32)));
  }

  public static Tensor ones(long... shape) {
    return full(1, shape);
  }

  /** The identity matrix [n, n]. */
  public static Tensor eye(long n) {
    Scope.requireOpen();
    return new Tensor(torch.eye(n, options(DType.F32)));
  }

  /** 0, 1, ... n-1 as I64. */
  public static Tensor arange(long n) {
    Scope.requireOpen();
    Shapes.sizes("arange", n);
    return new Tensor(torch.arange(new Scalar(n), options(DType.I64)));
  }

  /** Normally distributed numbers from the engine's seeded generator. */
  public static Tensor normal(double mean, double std, long... shape) {
    Tensor t = zeros(shape);
    t.handle().normal_(mean, std, new org.bytedeco.pytorch.GeneratorOptional());
    return t;
  }

  /** Numbers spread evenly over [low, high). */
  public static Tensor uniform(double low, double high, long... shape) {
    Tensor t = zeros(shape);
    t.handle().uniform_(low, high, new org.bytedeco.pytorch.GeneratorOptional());
    return t;
  }

  /** How PyTorch begins a linear [out, in]: spread evenly over 1/sqrt(in) to either side. */
  public static Tensor kaiming(long out, long in) {
    double bound = 1 / Math.sqrt(in);
    return uniform(-bound, bound, out, in);
  }

  public static Tensor of(float[] values, long... shape) {
    Scope.requireOpen();
    try (FloatPointer data = new FloatPointer(Math.max(1, values.length))) {
      data.put(values, 0, values.length);
      return copied(data, DType.F32, values.length, shape);
    }
  }

  public static Tensor of(long[] values, long... shape) {
    Scope.requireOpen();
    try (LongPointer data = new LongPointer(Math.max(1, values.length))) {
      data.put(values, 0, values.length);
      return copied(data, DType.I64, values.length, shape);
    }
  }

  private static Tensor copied(Pointer data, DType type, int count, long[] shape) {
    long wanted = 1;
    for (long s : Shapes.sizes("values", shape)) {
      wanted *= s;
    }
    if (wanted != count) {
      throw new IllegalArgumentException(
          count + " values do not fill the shape " + java.util.Arrays.toString(shape));
    }
    Tensor borrowed = new Tensor(torch.from_blob(data, shape, cpuOptions(type)));
    return Engine.device() == Device.CPU ? borrowed.copy() : pinned(borrowed);
  }

  /** Copied to the GPU from memory that it reads by itself, while the program goes on. */
  private static Tensor pinned(Tensor onCpu) {
    return new Tensor(
        onCpu
            .handle()
            .pin_memory()
            .to(
                nativeDevice(Device.CUDA),
                onCpu.handle().scalar_type(),
                true,
                false,
                new MemoryFormatOptional()));
  }

  /**
   * A tensor over memory that somebody else owns and keeps alive for as long as the tensor is used,
   * for example a mapped file. Nothing is copied; always on the CPU.
   *
   * @param data native memory, at least as many bytes as shape and type need
   */
  public static Tensor over(MemorySegment data, DType type, long... shape) {
    Scope.requireOpen();
    long bytes = type.bytes();
    for (long s : Shapes.sizes("over", shape)) {
      bytes = Math.multiplyExact(bytes, s);
    }
    if (data.byteSize() < bytes) {
      throw new IllegalArgumentException(
          data.byteSize() + " bytes are too few for " + type + java.util.Arrays.toString(shape));
    }
    if (bytes == 0) {
      return new Tensor(torch.zeros(shape, cpuOptions(type)));
    }
    return new Tensor(torch.from_blob(new Address(data.address()), shape, cpuOptions(type)));
  }

  /** Joins along an axis that exists; of floating types the result has the wider. */
  public static Tensor cat(List<Tensor> parts, int axis) {
    Tensor first = first("cat", parts);
    int at = Shapes.axis("cat", first, axis);
    for (Tensor part : parts) {
      boolean floating = part.dtype().isFloating() && first.dtype().isFloating();
      boolean fits = part.rank() == first.rank() && (floating || part.dtype() == first.dtype());
      for (int i = 0; fits && i < first.rank(); i++) {
        fits = i == at || part.size(i) == first.size(i);
      }
      if (!fits) {
        throw Shapes.mismatch("cat", "equal shapes but for axis " + at, first, part);
      }
    }
    return new Tensor(torch.cat(vector(parts), at));
  }

  /** Joins along a new axis. */
  public static Tensor stack(List<Tensor> parts, int axis) {
    Tensor first = first("stack", parts);
    if (axis < -first.rank() - 1 || axis > first.rank()) {
      throw Shapes.mismatch("stack", "room for axis " + axis, first);
    }
    for (Tensor part : parts) {
      if (!part.describe().equals(first.describe())) {
        throw Shapes.mismatch("stack", "equal types and shapes", first, part);
      }
    }
    return new Tensor(torch.stack(vector(parts), axis));
  }

  private static Tensor first(String operation, List<Tensor> parts) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException(operation + ": there are no tensors to join");
    }
    return parts.getFirst();
  }

  private static TensorVector vector(List<Tensor> parts) {
    Scope.requireOpen();
    return new TensorVector(
        parts.stream().map(Tensor::handle).toArray(org.bytedeco.pytorch.Tensor[]::new));
  }

  static org.bytedeco.pytorch.Device nativeDevice(Device device) {
    return new org.bytedeco.pytorch.Device(device == Device.CUDA ? "cuda" : "cpu");
  }

  private static TensorOptions options(DType type) {
    TensorOptions options =
        new TensorOptions().dtype(new ScalarTypeOptional(DTypes.scalarType(type)));
    return Engine.device() == Device.CPU
        ? options
        : options.device(new DeviceOptional(nativeDevice(Engine.device())));
  }

  private static TensorOptions cpuOptions(DType type) {
    return new TensorOptions().dtype(new ScalarTypeOptional(DTypes.scalarType(type)));
  }

  /** A bare address; whoever made the memory frees it. */
  private static final class Address extends Pointer {
    Address(long address) {
      this.address = address;
    }
  }
}
