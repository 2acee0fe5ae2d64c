package dev.hone.tensor;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.OperatorHandleOptional;
import org.bytedeco.pytorch.OperatorName;
import org.bytedeco.pytorch.ScriptTypeParser;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * x Wᵀ + b by the fastest kernel at hand, without history. On a CPU with AVX2 that is oneDNN's,
 * measured a tenth faster than MKL's, more where one side is thin; libtorch has it for its
 * compiler, and the dispatcher reaches it.
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
   * @param x [..., in], F32
   * @param weight [out, in], F32, in any layout; packed, its numbers live for this product only
   * @param bias [out], or null
   */
  static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
    try (Profile.Stretch stretch = Profile.of(Profile.Phase.PRODUCTS)) {
      return computed(x, weight, bias);
    }
  }

  private static Tensor computed(Tensor x, Tensor weight, @Nullable Tensor bias) {
    if (weight.isPacked()) {
      return Scope.only(() -> computed(x, weight.dense(), bias));
    }
    if (ONEDNN != null && x.device() == Device.CPU && x.dtype() == DType.F32 && worth(x, weight)) {
      return Scope.only(() -> ONEDNN.linear(x, weight, bias));
    }
    return new Tensor(
        bias == null
            ? torch.linear(x.handle(), weight.handle())
            : torch.linear(x.handle(), weight.handle(), new TensorOptional(bias.handle())));
  }

  private static boolean worth(Tensor x, Tensor weight) {
    long rows = x.numel() / Math.max(1, x.size(-1));
    return rows < FEW ? weight.numel() >= MUCH : x.numel() * weight.size(0) > SMALL;
  }
}
