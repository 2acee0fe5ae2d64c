package dev.hone.tensor;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.OperatorHandleOptional;
import org.bytedeco.pytorch.OperatorName;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScriptTypeParser;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Products by the fastest kernel at hand. x Wᵀ + b is without history. On a CPU with AVX2 that is
 * oneDNN's, measured a tenth faster than MKL's, more where one side is thin; libtorch has it for
 * its compiler, and the dispatcher reaches it.
 */
final class DenseProduct {
  /** Below this many operations the way through the dispatcher costs more than it saves. */
  private static final long SMALL = 1 << 20;

  /**
   * Fewer rows than this are limited by reading the weight. MKL reads with one core; oneDNN with
   * all, which pays from {@link #MUCH} elements on: 22 against 14 GB/s on two cores.
   */
  private static final long FEW = 32;

  private static final long MUCH = 3 << 18;

  /** One kernel and the arguments that are the same in every call. */
  private record OneDnn(OperatorHandle kernel, GenericList noNumbers) {
    static @Nullable OneDnn find() {
      try (PointerScope scope = new PointerScope();
          OperatorHandleOptional found =
              Dispatcher.singleton()
                  .findSchema(new OperatorName("mkldnn::_linear_pointwise", ""))) {
        if (!found.has_value()) {
          return null;
        }
        GenericList list = new GenericList(new ScriptTypeParser().parseType("Optional[number]"));
        OperatorHandle kernel = new OperatorHandle(found.get());
        kernel.retainReference();
        list.retainReference();
        return new OneDnn(kernel, list);
      }
    }

    Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
      IValueVector stack =
          new IValueVector(
              new IValue(x.handle()),
              new IValue(weight.handle()),
              bias == null ? new IValue() : new IValue(bias.handle()),
              new IValue("none"),
              new IValue(noNumbers),
              new IValue(""));
      kernel.callBoxed(stack);
      return new Tensor(new org.bytedeco.pytorch.Tensor(stack.get(0).toTensor()));
    }
  }

  private static final @Nullable OneDnn ONEDNN = OneDnn.find();

  private DenseProduct() {}

  /**
   * @param x [..., in], F32 or BF16
   * @param weight [out, in] in any layout and type; numbers made of it live for this product only
   * @param bias [out], or null
   * @return of x's type
   */
  static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
    try (Profile.Stretch stretch = Profile.of(Profile.Phase.PRODUCTS)) {
      DType type = x.dtype();
      if (!weight.isPacked() && type != DType.BF16) {
        return fastest(x, weight, bias);
      }
      return Scope.only(
          () ->
              fastest(
                      Precision.operand(x, type),
                      Precision.operand(weight, type).dense(),
                      bias == null ? null : Precision.operand(bias, type))
                  .to(type));
    }
  }

  private static Tensor fastest(Tensor x, Tensor weight, @Nullable Tensor bias) {
    if (ONEDNN != null && x.device() == Device.CPU && x.dtype() == DType.F32 && worth(x, weight)) {
      return Scope.only(() -> ONEDNN.linear(x, weight, bias));
    }
    return plain(x, weight, bias);
  }

  private static Tensor plain(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return new Tensor(
        bias == null
            ? torch.linear(x.handle(), weight.handle())
            : torch.linear(x.handle(), weight.handle(), new TensorOptional(bias.handle())));
  }

  /** The same with a history by the engine. */
  static Tensor recorded(Tensor x, Tensor weight, @Nullable Tensor bias) {
    DType type = x.dtype();
    return plain(
            Precision.operand(x, type),
            Precision.operand(weight, type),
            bias == null ? null : Precision.operand(bias, type))
        .to(type);
  }

  /** left right over the last two axes; it may have a history. */
  static Tensor matmul(Tensor left, Tensor right) {
    DType type = Precision.product(left);
    if (type != DType.BF16) {
      return left.matmul(right);
    }
    return Scope.only(
        () -> Precision.operand(left, type).matmul(Precision.operand(right, type)).to(type));
  }

  /** sum += left right, all of them matrices. */
  static void addMatmul(Tensor sum, Tensor left, Tensor right) {
    try (Scope scope = Scope.open()) {
      Tensor l = Precision.operand(left, sum.dtype());
      Tensor r = Precision.operand(right, sum.dtype());
      if (l.dtype() == sum.dtype()) {
        sum.handle().addmm_(l.handle(), r.handle(), new Scalar(1), new Scalar(1));
      } else {
        sum.addInPlace(l.matmul(r), 1);
      }
    }
  }

  private static boolean worth(Tensor x, Tensor weight) {
    long rows = x.numel() / Math.max(1, x.size(-1));
    boolean large = rows < FEW ? weight.numel() >= MUCH : x.numel() * weight.size(0) > SMALL;
    return large && isDense(weight);
  }

  /** Whether rows or columns lie one behind the other: of any other layout oneDNN is very slow. */
  static boolean isDense(Tensor weight) {
    org.bytedeco.pytorch.Tensor handle = weight.handle();
    return weight.isContiguous() || (handle.stride(0) == 1 && handle.stride(1) == weight.size(0));
  }
}
