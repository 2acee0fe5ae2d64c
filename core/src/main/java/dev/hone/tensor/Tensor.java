package dev.hone.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * An n-dimensional array in native memory, with PyTorch's operations under their usual names.
 *
 * <p>Belongs to a {@link Scope}, see there. Not safe for use by several threads at once, except for
 * reading. Axes may be counted from the end with negative numbers.
 */
public final class Tensor implements AutoCloseable {
  /** Of a packed matrix its shape and device only: one zero that stands for all elements. */
  private final org.bytedeco.pytorch.Tensor handle;

  private final @Nullable Packing packing;
  private final boolean turned;

  private @Nullable Rounded rounded;

  /** What {@link #operand()} has made, of which version of the numbers, and whose scope owns it. */
  private record Rounded(Tensor value, long version, Thread thread) {}

  Tensor(org.bytedeco.pytorch.Tensor handle) {
    this(handle, null, false);
  }

  private Tensor(org.bytedeco.pytorch.Tensor handle, @Nullable Packing packing, boolean turned) {
    if (!Scope.isOpen()) {
      handle.deallocate();
    }
    Scope.requireOpen();
    // Some calls (gradients, parts of a chunk) give a bare address inside another native object,
    // which nobody would clear when that object is freed: such a one gets a handle of its own.
    this.handle = handle.referenceCount() < 0 ? new org.bytedeco.pytorch.Tensor(handle) : handle;
    this.packing = packing;
    this.turned = turned;
  }

  /**
   * A matrix whose numbers are kept in fewer bytes. It stands wherever an F32 matrix does, as long
   * as nothing trains or writes it: an operation that needs the numbers makes them anew, into the
   * open scope, and the large ones (products, looking up rows) forget them at once.
   */
  public static Tensor packed(Packing packing) {
    Tensor one = Tensors.zeros(1);
    return new Tensor(one.handle.expand(packing.rows(), packing.columns()), packing, false);
  }

  /** What the engine computes with; of a packed matrix the numbers, made anew. */
  org.bytedeco.pytorch.Tensor handle() {
    return packing == null ? raw() : dense().handle;
  }

  /** What shape, device and lifetime are asked of. */
  private org.bytedeco.pytorch.Tensor raw() {
    requireOpen();
    return handle;
  }

  private void requireOpen() {
    if (handle.isNull()) {
      throw new IllegalStateException("tensor used after its scope closed");
    }
  }

  private org.bytedeco.pytorch.Tensor writable() {
    if (packing != null) {
      throw Shapes.mismatch("write", "a tensor that is not packed", this);
    }
    return raw();
  }

  /** Whether its numbers are kept in fewer bytes. */
  public boolean isPacked() {
    requireOpen();
    return packing != null;
  }

  /** Whether rounding has changed its numbers so much that a step of training would vanish. */
  public boolean isQuantised() {
    requireOpen();
    return packing instanceof Int8 || packing instanceof Nf4;
  }

  /** The numbers of a packed matrix as F32, in the open scope; any other tensor itself. */
  public Tensor dense() {
    requireOpen();
    if (packing == null) {
      return this;
    }
    Tensor whole = Scope.only(packing::dense);
    return turned ? whole.t() : whole;
  }

  /** Memory that the elements take. */
  public long bytes() {
    return packing == null ? numel() * dtype().bytes() : packing.bytes();
  }

  /** Rows by their numbers I64[N], without making the others. */
  Tensor rows(Tensor index) {
    if (packing == null || turned) {
      return indexSelect(0, index);
    }
    Shapes.within("rows", "entries", index, size(0));
    return Scope.only(() -> packing.rows(index));
  }

  /** The entries of this vector that codes (U8, any shape) name: a vector. */
  Tensor lookUp(Tensor codes) {
    return of(handle().index_select(0, codes.reshape(-1).to(DType.I32).handle()));
  }

  private static Tensor of(org.bytedeco.pytorch.Tensor result) {
    return new Tensor(result);
  }

  /** A number as the engine takes it; native too, and the scope's to free. */
  private static Scalar scalar(double value) {
    Scope.requireOpen();
    return new Scalar(value);
  }

  private static Scalar scalar(long value) {
    Scope.requireOpen();
    return new Scalar(value);
  }

  // Lifetime

  /** Lets this tensor outlive its scope, until {@link #close()}. Returns itself. */
  public Tensor keep() {
    raw().retainReference();
    if (packing != null) {
      packing.parts().values().forEach(Tensor::keep);
    }
    return this;
  }

  /** Ends what {@link #keep()} began; the memory is freed unless an open scope still owns it. */
  @Override
  public void close() {
    if (!handle.isNull()) {
      handle.releaseReference();
      if (packing != null) {
        packing.parts().values().forEach(Tensor::close);
      }
    }
  }

  public boolean isClosed() {
    return handle.isNull();
  }

  // What it is

  public int rank() {
    return (int) raw().dim();
  }

  /** Length of one axis. */
  public long size(int axis) {
    return raw().size(Shapes.axis("size", this, axis));
  }

  public long[] shape() {
    long[] shape = new long[rank()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = handle.size(i);
    }
    return shape;
  }

  public long numel() {
    return raw().numel();
  }

  public DType dtype() {
    return DTypes.of(raw().scalar_type());
  }

  public Device device() {
    return raw().is_cuda() ? Device.CUDA : Device.CPU;
  }

  /** Type and shape, for messages: {@code F32[2, 3]}. */
  public String describe() {
    return dtype() + Arrays.toString(shape());
  }

  @Override
  public String toString() {
    return isClosed() ? "Tensor(closed)" : "Tensor(" + describe() + ")";
  }

  // Values

  public double item() {
    if (numel() != 1) {
      throw Shapes.mismatch("item", "one element", this);
    }
    return handle().item_double();
  }

  public float[] toFloats() {
    try (Scope scope = Scope.open()) {
      Tensor plain = to(DType.F32).cpu().contiguous();
      float[] values = new float[Math.toIntExact(plain.numel())];
      if (values.length > 0) {
        new FloatPointer(plain.handle().data_ptr()).get(values);
      }
      return values;
    }
  }

  public long[] toLongs() {
    try (Scope scope = Scope.open()) {
      Tensor plain = to(DType.I64).cpu().contiguous();
      long[] values = new long[Math.toIntExact(plain.numel())];
      if (values.length > 0) {
        new LongPointer(plain.handle().data_ptr()).get(values);
      }
      return values;
    }
  }

  /**
   * The elements' memory in row-major order, without a copy. Only for contiguous tensors on the
   * CPU, and only for as long as this tensor lives.
   */
  public MemorySegment memory() {
    if (device() != Device.CPU || !isContiguous()) {
      throw Shapes.mismatch("memory", "a contiguous tensor on the CPU", this);
    }
    if (numel() == 0) {
      return MemorySegment.NULL; // no elements, no address
    }
    return MemorySegment.ofAddress(handle.data_ptr().address())
        .reinterpret(numel() * dtype().bytes());
  }

  /** Whether type, shape and every element are the same. */
  public boolean contentEquals(Tensor other) {
    return dtype() == other.dtype()
        && Arrays.equals(shape(), other.shape())
        && handle().equal(other.handle());
  }

  /** Whether no element is infinite or not a number: one pass that makes no tensor on its way. */
  public boolean isFinite() {
    if (!dtype().isFloating() || numel() == 0) {
      return true;
    }
    try (Scope scope = Scope.open()) {
      // A sum takes one pass and no memory; only one that overflows needs a look at each element.
      return Double.isFinite(handle().sum().item_double()) || handle().isfinite().all().item_bool();
    }
  }

  // Type and place

  public Tensor to(DType type) {
    if (packing instanceof Narrow narrow && narrow.values().dtype() == type) {
      return turned ? narrow.values().t() : narrow.values();
    }
    return dtype() == type ? this : of(handle().to(DTypes.scalarType(type)));
  }

  /** Numbers of 16 bits as F32; all others as they are. */
  Tensor wide() {
    return dtype() == DType.BF16 || dtype() == DType.F16 ? to(DType.F32) : this;
  }

  /** As products take it, see {@link Precision}: rounded once for all of those that read it. */
  public Tensor operand() {
    DType type = Precision.product(this);
    if (dtype() == type) {
      return this;
    }
    long version = raw()._version();
    boolean recorded = requiresGrad() && GradMode.isOn();
    Rounded known = rounded;
    if (known == null
        || known.thread() != Thread.currentThread()
        || known.version() != version
        || known.value().isClosed()
        || known.value().requiresGrad() != recorded) {
      known = new Rounded(to(type), version, Thread.currentThread());
      rounded = known;
    }
    return known.value();
  }

  public Tensor cpu() {
    return device() == Device.CPU ? this : of(handle().cpu());
  }

  public Tensor to(Device device) {
    if (device() == device) {
      return this;
    }
    return of(handle().to(Tensors.nativeDevice(device), handle().scalar_type()));
  }

  public Tensor contiguous() {
    return isContiguous() ? this : of(handle().contiguous());
  }

  public boolean isContiguous() {
    return packing == null && raw().is_contiguous();
  }

  /** A copy with memory of its own. */
  public Tensor copy() {
    return of(torch.clone(handle()));
  }

  // Gradients

  /** Makes this a leaf whose gradient is collected by {@link #backward()}. Returns itself. */
  public Tensor requiresGrad(boolean on) {
    (on ? writable() : raw()).requires_grad_(on);
    return this;
  }

  public boolean requiresGrad() {
    return raw().requires_grad();
  }

  /** The same memory, without history. */
  public Tensor detach() {
    return of(handle().detach());
  }

  /** Adds the gradient of this scalar to every leaf below it. */
  public void backward() {
    if (numel() != 1) {
      throw Shapes.mismatch("backward", "a scalar", this);
    }
    handle().backward();
  }

  /** Carries a gradient of this tensor's shape on to every leaf below it. */
  public void backward(Tensor gradient) {
    if (!Arrays.equals(shape(), gradient.shape())) {
      throw Shapes.mismatch("backward", "a gradient of equal shape", this, gradient);
    }
    handle().backward(gradient.handle(), new BoolOptional(), false, new TensorArrayRefOptional());
  }

  /** The same memory under another handle, with a history of its own. */
  Tensor alias() {
    return of(torch.alias(handle()));
  }

  /** Gives up the memory of this leaf, which keeps its shape and its gradient. */
  void emptied() {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      handle().__dispatch_set_data(Tensors.zeros(dtype(), new long[0]).expand(shape()).handle);
    }
  }

  /** The same, and the history stays, for another gradient may come this way. */
  void backwardAgain(Tensor gradient) {
    handle()
        .backward(gradient.handle(), new BoolOptional(true), false, new TensorArrayRefOptional());
  }

  /** The collected gradient, or null where there is none. */
  public @Nullable Tensor grad() {
    org.bytedeco.pytorch.Tensor grad = raw().grad();
    return grad.defined() ? of(grad) : null;
  }

  /** Forgets the collected gradient and frees it. */
  public void clearGrad() {
    raw().mutable_grad().reset();
  }

  // Arithmetic; shapes broadcast

  public Tensor add(Tensor other) {
    Shapes.broadcastable("add", this, other);
    return of(handle().add(other.handle()));
  }

  /** this + factor * other. */
  public Tensor add(Tensor other, double factor) {
    Shapes.broadcastable("add", this, other);
    return of(handle().add(other.handle(), scalar(factor)));
  }

  public Tensor add(double value) {
    return of(handle().add(scalar(value)));
  }

  /** Whole numbers stay whole numbers. */
  public Tensor add(long value) {
    return of(handle().add(scalar(value)));
  }

  public Tensor sub(Tensor other) {
    Shapes.broadcastable("sub", this, other);
    return of(handle().sub(other.handle()));
  }

  public Tensor mul(Tensor other) {
    Shapes.broadcastable("mul", this, other);
    return of(handle().mul(other.handle()));
  }

  public Tensor mul(double factor) {
    return of(handle().mul(scalar(factor)));
  }

  /** Whole numbers stay whole numbers. */
  public Tensor mul(long factor) {
    return of(handle().mul(scalar(factor)));
  }

  public Tensor div(Tensor other) {
    Shapes.broadcastable("div", this, other);
    return of(handle().div(other.handle()));
  }

  public Tensor neg() {
    return of(handle().neg());
  }

  public Tensor abs() {
    return of(handle().abs());
  }

  public Tensor exp() {
    return of(handle().exp());
  }

  public Tensor log() {
    return of(handle().log());
  }

  public Tensor cos() {
    return of(handle().cos());
  }

  public Tensor sin() {
    return of(handle().sin());
  }

  public Tensor sqrt() {
    return of(handle().sqrt());
  }

  public Tensor square() {
    return of(handle().square());
  }

  public Tensor tanh() {
    return of(handle().tanh());
  }

  /** Matrix product over the last two axes; leading axes broadcast. */
  public Tensor matmul(Tensor other) {
    if (rank() == 0 || other.rank() == 0 || dtype() != other.dtype()) {
      throw Shapes.mismatch("matmul", "two matrices of one type", this, other);
    }
    if (size(-1) != other.size(other.rank() == 1 ? 0 : -2)) {
      throw Shapes.mismatch("matmul", "equal inner sizes", this, other);
    }
    for (int axis = 3; axis <= Math.min(rank(), other.rank()); axis++) {
      if (size(-axis) != other.size(-axis) && size(-axis) != 1 && other.size(-axis) != 1) {
        throw Shapes.mismatch("matmul", "leading axes that broadcast", this, other);
      }
    }
    return of(handle().matmul(other.handle()));
  }

  // Comparison, as BOOL tensors

  public Tensor eq(double value) {
    return of(handle().eq(scalar(value)));
  }

  public Tensor lt(Tensor other) {
    Shapes.broadcastable("lt", this, other);
    return of(handle().lt(other.handle()));
  }

  public Tensor gt(Tensor other) {
    Shapes.broadcastable("gt", this, other);
    return of(handle().gt(other.handle()));
  }

  public Tensor and(Tensor other) {
    Shapes.broadcastable("and", this, other);
    return of(handle().logical_and(other.handle()));
  }

  public Tensor maskedFill(Tensor mask, double value) {
    if (mask.dtype() != DType.BOOL) {
      throw Shapes.mismatch("maskedFill", "a BOOL mask", this, mask);
    }
    Shapes.broadcastable("maskedFill", this, mask);
    return of(handle().masked_fill(mask.handle(), scalar(value)));
  }

  // Reductions

  public Tensor sum() {
    return of(handle().sum());
  }

  public Tensor sum(int axis) {
    return of(handle().sum(Shapes.axis("sum", this, axis)));
  }

  public Tensor mean(int axis) {
    return sum(axis).mul(1.0 / size(axis));
  }

  public Tensor mean() {
    return of(handle().mean());
  }

  public Tensor max() {
    if (numel() == 0) {
      throw Shapes.mismatch("max", "an element", this);
    }
    return of(handle().max());
  }

  /** The largest along an axis; equals share its gradient. */
  public Tensor max(int axis) {
    Shapes.range("max", this, axis, 0, 1);
    return of(handle().amax(new long[] {Shapes.axis("max", this, axis)}, false));
  }

  public Tensor argmax(int axis) {
    Shapes.range("argmax", this, axis, 0, 1);
    return of(handle().argmax(new LongOptional(Shapes.axis("argmax", this, axis)), false));
  }

  public Tensor cumsum(int axis) {
    return of(handle().cumsum(Shapes.axis("cumsum", this, axis)));
  }

  public Tensor softmax(int axis) {
    return of(wide().handle().softmax(Shapes.axis("softmax", this, axis)));
  }

  public Tensor logSoftmax(int axis) {
    return of(wide().handle().log_softmax(Shapes.axis("logSoftmax", this, axis)));
  }

  /** The elements in falling order along the last axis, and where they were. */
  public Tensor[] sortDescending() {
    if (rank() == 0) {
      throw Shapes.mismatch("sortDescending", "an axis", this);
    }
    var sorted = handle().sort(-1, true);
    return new Tensor[] {of(sorted.get0()), of(sorted.get1())};
  }

  /**
   * The {@code count} largest elements along the last axis, the largest first, and their places.
   */
  public Tensor[] topk(int count) {
    if (rank() == 0 || count < 1 || count > size(-1)) {
      throw Shapes.mismatch("topk", "a last axis of at least " + count, this);
    }
    var found = handle().topk(count, -1, true, true);
    return new Tensor[] {of(found.get0()), of(found.get1())};
  }

  // Shape

  public Tensor view(long... shape) {
    Shapes.elements("view", this, shape);
    org.bytedeco.pytorch.Tensor viewed;
    try {
      viewed = handle().view(shape);
    } catch (RuntimeException e) { // the number of elements fits, the order in memory does not
      throw Shapes.mismatch(
          "view as " + Arrays.toString(shape), "a fitting order in memory (or use reshape)", this);
    }
    return of(viewed);
  }

  public Tensor reshape(long... shape) {
    Shapes.elements("reshape", this, shape);
    return of(handle().reshape(shape));
  }

  public Tensor transpose(int a, int b) {
    int first = Shapes.axis("transpose", this, a);
    int second = Shapes.axis("transpose", this, b);
    org.bytedeco.pytorch.Tensor swapped = raw().transpose(first, second);
    return new Tensor(swapped, packing, turned != (first != second));
  }

  /** Matrix transpose of the last two axes. */
  public Tensor t() {
    return transpose(-2, -1);
  }

  public Tensor unsqueeze(int axis) {
    if (axis < -rank() - 1 || axis > rank()) {
      throw Shapes.mismatch("unsqueeze", "room for axis " + axis, this);
    }
    return of(handle().unsqueeze(axis));
  }

  /** Without an axis of length 1. */
  public Tensor squeeze(int axis) {
    int at = Shapes.axis("squeeze", this, axis);
    if (size(at) != 1) {
      throw Shapes.mismatch("squeeze", "axis " + at + " of length 1", this);
    }
    return of(handle().squeeze(at));
  }

  public Tensor expand(long... shape) {
    if (!Shapes.expands(shape(), shape)) {
      throw Shapes.mismatch("expand", "a shape that broadcasts to " + Arrays.toString(shape), this);
    }
    return of(handle().expand(shape));
  }

  /** {@code length} entries of an axis from {@code start} on; shares memory. */
  public Tensor narrow(int axis, long start, long length) {
    Shapes.range("narrow", this, axis, start, length);
    return of(handle().narrow(Shapes.axis("narrow", this, axis), start, length));
  }

  /** Entry {@code index} of an axis, which disappears; shares memory. */
  public Tensor select(int axis, long index) {
    Shapes.range("select", this, axis, index, 1);
    return of(handle().select(Shapes.axis("select", this, axis), index));
  }

  /** The entries of an axis that {@code index} (I64[N]) lists. */
  public Tensor indexSelect(int axis, Tensor index) {
    int at = Shapes.axis("indexSelect", this, axis);
    Shapes.index("indexSelect", this, 1, index);
    Shapes.within("indexSelect", "entries", index, size(at));
    return of(handle().index_select(at, index.handle()));
  }

  /** The same with {@code source} in place of the entries of an axis that {@code index} lists. */
  public Tensor indexCopy(int axis, Tensor index, Tensor source) {
    int at = Shapes.axis("indexCopy", this, axis);
    Shapes.index("indexCopy", this, 1, index);
    Shapes.within("indexCopy", "entries", index, size(at));
    long[] expected = shape();
    expected[at] = index.size(0);
    if (!Arrays.equals(expected, source.shape())) {
      throw Shapes.mismatch("indexCopy", "one source an index", this, index, source);
    }
    return of(handle().index_copy(at, index.handle(), source.handle()));
  }

  public Tensor gather(int axis, Tensor index) {
    int at = Shapes.axis("gather", this, axis);
    Shapes.index("gather", this, rank(), index);
    for (int other = 0; other < rank(); other++) {
      if (other != at && index.size(other) > size(other)) {
        throw Shapes.mismatch("gather", "an index no longer than axis " + other, this, index);
      }
    }
    Shapes.within("gather", "entries", index, size(at));
    return of(handle().gather(at, index.handle()));
  }

  /** Equal pieces along an axis, whose length {@code pieces} divides. */
  public Tensor[] chunk(int pieces, int axis) {
    int at = Shapes.axis("chunk", this, axis);
    if (pieces < 1 || size(at) % pieces != 0) {
      throw Shapes.mismatch("chunk", "axis " + axis + " in " + pieces + " equal pieces", this);
    }
    TensorVector parts = handle().chunk(pieces, at);
    Tensor[] result = new Tensor[pieces];
    for (int i = 0; i < pieces; i++) {
      result[i] = of(parts.get(i));
    }
    return result;
  }

  /** Pieces of these lengths along an axis; they share memory. */
  public Tensor[] split(int axis, long... lengths) {
    int at = Shapes.axis("split", this, axis);
    if (java.util.Arrays.stream(lengths).sum() != size(at)) {
      throw Shapes.mismatch("split", "lengths that add up to axis " + axis, this);
    }
    TensorVector parts = handle().split_with_sizes(lengths, at);
    Tensor[] result = new Tensor[lengths.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = of(parts.get(i));
    }
    return result;
  }

  // In place

  public void copyFrom(Tensor source) {
    if (!Arrays.equals(shape(), source.shape())) {
      throw Shapes.mismatch("copyFrom", "equal shapes", this, source);
    }
    writable().copy_(source.handle());
  }

  public void addInPlace(Tensor other, double factor) {
    Shapes.fitsInto("addInPlace", this, other);
    writable().add_(other.handle(), scalar(factor));
  }

  public void mulInPlace(Tensor factor) {
    Shapes.fitsInto("mulInPlace", this, factor);
    writable().mul_(factor.handle());
  }

  public void mulInPlace(double factor) {
    writable().mul_(scalar(factor));
  }

  public void fill(double value) {
    writable().fill_(scalar(value));
  }

  /** Entries of the last axis at {@code index} become those of {@code source}. */
  public void scatterInPlace(Tensor index, Tensor source) {
    Shapes.index("scatterInPlace", this, rank(), index);
    boolean fits = Arrays.equals(index.shape(), source.shape()) && dtype() == source.dtype();
    for (int axis = 0; axis < rank() - 1; axis++) {
      fits &= index.size(axis) <= size(axis);
    }
    if (!fits) {
      throw Shapes.mismatch("scatterInPlace", "one source an index", this, index, source);
    }
    Shapes.within("scatterInPlace", "entries", index, size(-1));
    writable().scatter_(-1, index.handle(), source.handle());
  }
}
