package dev.hone.store;

import dev.hone.error.HoneException;
import dev.hone.tensor.DType;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Weights of eight bits a number, times the scales that lie beside them: {@code NAME_scale_inv} or
 * {@code NAME_scale}, with one number for all, one a row, or one a block of {@code
 * quantization_config.weight_block_size}. All producers multiply by them, whatever the name says.
 *
 * <p>Without scales the numbers are what they are, unless {@code quantization_config} says that the
 * model was quantised: then its scales are missed.
 */
final class Float8 {
  private static final List<String> ENDINGS = List.of("_scale_inv", "_scale");

  private Float8() {}

  /** The name of a tensor's scales. */
  static Optional<String> scales(String name, Map<String, TensorEntry> tensors) {
    return ENDINGS.stream().map(name::concat).filter(tensors::containsKey).findFirst();
  }

  /** The numbers as F32, in the open scope. */
  static Tensor numbers(ModelFolder folder, TensorEntry entry) {
    Tensor plain = Tensors.over(entry.data(), entry.dtype(), entry.shape()).to(DType.F32);
    JsonNode quantisation = folder.config().json().path("quantization_config");
    Optional<String> name = scales(entry.name(), folder.tensors());
    if (name.isEmpty()) {
      if (quantisation.isObject()) {
        throw refused(
            folder, entry, "has no scales " + entry.name() + "_scale_inv or " + "_scale beside it");
      }
      return plain;
    }
    TensorEntry scales = folder.tensor(name.get());
    if (!scales.dtype().isFloating() || scales.dtype().isF8()) {
      throw refused(folder, entry, "has scales of type " + scales.dtype() + ", expected F32");
    }
    Tensor factors = Tensors.over(scales.data(), scales.dtype(), scales.shape()).to(DType.F32);
    return plain.mul(spread(folder, entry, factors, quantisation.path("weight_block_size")));
  }

  private static Tensor spread(
      ModelFolder folder, TensorEntry entry, Tensor factors, JsonNode blockSize) {
    long[] shape = entry.shape();
    if (factors.numel() == 1) {
      return factors.view(1);
    }
    if (shape.length == 2 && factors.numel() == shape[0] && factors.size(0) == shape[0]) {
      return factors.view(shape[0], 1);
    }
    if (shape.length == 2 && factors.rank() == 2 && blockSize.size() == 2) {
      long high = blockSize.path(0).asLong(0);
      long wide = blockSize.path(1).asLong(0);
      if (high > 0
          && wide > 0
          && factors.size(0) == Math.ceilDiv(shape[0], high)
          && factors.size(1) == Math.ceilDiv(shape[1], wide)) {
        long down = factors.size(0);
        long across = factors.size(1);
        return factors
            .unsqueeze(1)
            .unsqueeze(3)
            .expand(down, high, across, wide)
            .reshape(down * high, across * wide)
            .narrow(0, 0, shape[0])
            .narrow(1, 0, shape[1]);
      }
    }
    throw refused(
        folder,
        entry,
        "has scales of shape "
            + Arrays.toString(factors.shape())
            + " for its shape "
            + Arrays.toString(shape)
            + ", expected one, one a row, or one a block of"
            + " quantization_config.weight_block_size");
  }

  private static HoneException refused(ModelFolder folder, TensorEntry entry, String why) {
    return new HoneException(
        folder.path()
            + ": tensor '"
            + entry.name()
            + "' of type "
            + entry.dtype()
            + " "
            + why
            + "; take the BF16 files of this model");
  }
}
