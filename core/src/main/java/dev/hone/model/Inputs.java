package dev.hone.model;

import dev.hone.data.Batch;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a model reads.
 *
 * @param ids I64[B, T]
 * @param mask I64[B, T], 1 on real tokens; null where every token is real
 * @param tokenTypes I64[B, T] for models with segments; null means all 0
 * @param positions I64[B, T]; null means counted from 0 (or from the end of the cache)
 * @param decoderIds I64[B, U], what the decoder of an encoder-decoder reads; see there for null
 */
public record Inputs(
    Tensor ids,
    @Nullable Tensor mask,
    @Nullable Tensor tokenTypes,
    @Nullable Tensor positions,
    @Nullable Tensor decoderIds) {

  /** Without decoder. */
  public Inputs(
      Tensor ids, @Nullable Tensor mask, @Nullable Tensor tokenTypes, @Nullable Tensor positions) {
    this(ids, mask, tokenTypes, positions, null);
  }

  public static Inputs of(Tensor ids) {
    return new Inputs(ids, null, null, null);
  }

  public static Inputs of(Batch batch) {
    boolean padded = Arrays.stream(batch.mask()).anyMatch(m -> m == 0);
    return new Inputs(
        Tensors.of(batch.ids(), batch.rows(), batch.width()),
        padded ? Tensors.of(batch.mask(), batch.rows(), batch.width()) : null,
        null,
        null);
  }

  public long rows() {
    return ids.size(0);
  }

  public long width() {
    return ids.size(1);
  }
}
