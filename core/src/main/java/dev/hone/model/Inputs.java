package dev.hone.model;

import dev.hone.data.Batch;
import dev.hone.tensor.DType;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a model reads.
 *
 * @param ids I64[B, T]
 * @param mask I64[B, T], 1 on real tokens; null where every token is real
 * @param tokenTypes I64[B, T] for models with segments; null means all 0
 * @param positions I64[B, T]; null means counted from 0 (or from the end of the cache)
 * @param leftPadded whether a row of the mask begins with padding
 * @param choices how many rows in succession are the answers to one question; 1 where each row
 *     stands for itself
 * @param decoderIds I64[B, U], what the decoder of an encoder-decoder reads; see there for null
 * @param prompt P, positions of a soft prompt before the ids; mask, tokenTypes and positions cover
 *     them
 * @param tasks B tasks that the rows belong to among several; empty where nobody says
 */
public record Inputs(
    Tensor ids,
    @Nullable Tensor mask,
    @Nullable Tensor tokenTypes,
    @Nullable Tensor positions,
    boolean leftPadded,
    int choices,
    @Nullable Tensor decoderIds,
    int prompt,
    List<String> tasks) {

  /** Looks at the mask to see where the padding stands. */
  public Inputs(
      Tensor ids, @Nullable Tensor mask, @Nullable Tensor tokenTypes, @Nullable Tensor positions) {
    this(ids, mask, tokenTypes, positions, null);
  }

  /** For an encoder-decoder. */
  public Inputs(
      Tensor ids,
      @Nullable Tensor mask,
      @Nullable Tensor tokenTypes,
      @Nullable Tensor positions,
      @Nullable Tensor decoderIds) {
    this(
        ids,
        mask,
        tokenTypes,
        positions,
        mask != null && Arrays.stream(mask.select(1, 0).toLongs()).anyMatch(m -> m == 0),
        1,
        decoderIds,
        0,
        List.of());
  }

  /**
   * Questions with N answers each.
   *
   * @param ids I64[B, N, T]; the others likewise, or null
   */
  public static Inputs ofChoices(Tensor ids, @Nullable Tensor mask, @Nullable Tensor tokenTypes) {
    Inputs rows =
        new Inputs(
            flat(ids),
            mask == null ? null : flat(mask),
            tokenTypes == null ? null : flat(tokenTypes),
            null);
    int choices = Math.toIntExact(ids.size(1));
    return new Inputs(
        rows.ids, rows.mask, rows.tokenTypes, null, rows.leftPadded, choices, null, 0, List.of());
  }

  private static Tensor flat(Tensor t) {
    return t.reshape(t.size(0) * t.size(1), t.size(2));
  }

  public static Inputs of(Tensor ids) {
    return new Inputs(ids, null, null, null, false, 1, null, 0, List.of());
  }

  public static Inputs of(Batch batch) {
    boolean padded = Arrays.stream(batch.mask()).anyMatch(m -> m == 0);
    boolean leftPadded = false;
    for (int row = 0; row < batch.rows(); row++) {
      leftPadded |= batch.mask()[row * batch.width()] == 0;
    }
    return new Inputs(
        Tensors.of(batch.ids(), batch.rows(), batch.width()),
        padded ? Tensors.of(batch.mask(), batch.rows(), batch.width()) : null,
        batch.types() == null ? null : Tensors.of(batch.types(), batch.rows(), batch.width()),
        null,
        leftPadded,
        1,
        null,
        0,
        batch.tasks());
  }

  /** The same for rows of several tasks. */
  public Inputs ofTasks(List<String> names) {
    return new Inputs(
        ids, mask, tokenTypes, positions, leftPadded, choices, decoderIds, prompt, names);
  }

  /** The same rows as so many choices for each question. */
  public Inputs choosing(int among) {
    return new Inputs(
        ids, mask, tokenTypes, positions, leftPadded, among, decoderIds, prompt, tasks);
  }

  /** The same behind a soft prompt of so many positions: real ones, of the first segment. */
  Inputs prompted(int count) {
    Tensor places = null;
    if (positions != null) {
      Tensor first = Tensors.arange(count);
      Tensor each = positions.rank() == 1 ? first : first.unsqueeze(0).expand(rows(), count);
      places = Tensors.cat(List.of(each, positions.add((long) count)), -1);
    }
    return new Inputs(
        ids,
        before(mask, 1, count),
        before(tokenTypes, 0, count),
        places,
        leftPadded,
        choices,
        decoderIds,
        count,
        tasks);
  }

  /** The same behind so many positions that only keys and values stand for. */
  Inputs prefixed(int count) {
    return new Inputs(
        ids,
        before(mask, 1, count),
        tokenTypes,
        positions == null ? null : positions.add((long) count),
        leftPadded,
        choices,
        decoderIds,
        0,
        tasks);
  }

  private @Nullable Tensor before(@Nullable Tensor of, long value, int count) {
    return of == null
        ? null
        : Tensors.cat(List.of(Tensors.zeros(DType.I64, rows(), count).add(value), of), 1);
  }

  /** Some rows and of each the first columns, none of them padding. */
  Inputs rows(long[] chosen, long length) {
    Tensor index = Tensors.of(chosen, chosen.length);
    UnaryOperator<Tensor> cut = t -> t.indexSelect(0, index).narrow(1, 0, length).contiguous();
    return new Inputs(
        cut.apply(ids),
        null,
        tokenTypes == null ? null : cut.apply(tokenTypes),
        positions == null ? null : cut.apply(positions),
        false,
        1,
        null,
        0,
        tasks.isEmpty() ? tasks : Arrays.stream(chosen).mapToObj(r -> tasks.get((int) r)).toList());
  }

  public long rows() {
    return ids.size(0);
  }

  /** T, the positions of a soft prompt included. */
  public long width() {
    return prompt + ids.size(1);
  }
}
