package dev.hone.model;

import dev.hone.data.Batch;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Arrays;

/**
 * A model that reads a text whole and then writes another: two stacks, of which the second sees the
 * end of the first in every layer.
 *
 * <p>Each side is walked as any other stack is, so that training can stop between any two layers;
 * what both sides share in a gradient stands in {@link Frame}.
 *
 * @param start the token that every text to be written begins with
 * @param pad what stands where no label is
 */
public record EncoderDecoder(Half encoder, Half decoder, int start, int pad) implements Backbone {

  /**
   * The decoder's last hidden states [B, T, C]. The decoder reads {@code inputs.decoderIds};
   * without any it begins with its start token where there is a cache, and otherwise reads the
   * encoder's ids shifted right, as BART does.
   */
  @Override
  public Tensor forward(Inputs inputs, Pass pass) {
    Memory memory = encode(inputs, pass);
    if (pass.cache() != null) {
      pass.cache().remember(memory);
    }
    return decode(decoderIds(inputs, pass), memory, pass);
  }

  private Tensor decoderIds(Inputs inputs, Pass pass) {
    if (inputs.decoderIds() != null) {
      return inputs.decoderIds();
    }
    int rows = Math.toIntExact(inputs.rows());
    if (pass.cache() == null) {
      int width = Math.toIntExact(inputs.width());
      return Tensors.of(shifted(inputs.ids().toLongs(), width), rows, width);
    }
    long[] starts = new long[rows];
    Arrays.fill(starts, start);
    return Tensors.of(starts, rows, 1);
  }

  /** The first half: ids I64[B, S] and their mask to what the decoder looks at. */
  public Memory encode(Inputs inputs, Pass pass) {
    Tensor read = pass.withoutCache().prompted(inputs).mask();
    return new Memory(
        encoder.whole(inputs, pass.withoutCache()), read == null ? null : Masks.real(read));
  }

  /** The second half: ids I64[B, T] to hidden states [B, T, C]. */
  public Tensor decode(Tensor ids, Memory memory, Pass pass) {
    return decoder.walk(begin(ids, memory, pass), Inputs.of(ids), pass);
  }

  /** What the decoder's first layer is given. */
  public Stack.Start begin(Tensor ids, Memory memory, Pass pass) {
    Stack.Start begun = decoder.begin(Inputs.of(ids), pass);
    return new Stack.Start(begun.hidden(), begun.frame().seeing(memory));
  }

  @Override
  public Tensor next(Tensor ids, Pass pass) {
    if (pass.cache() == null || pass.cache().memory() == null) {
      throw new IllegalArgumentException("nothing to go on from: the cache holds no memory");
    }
    return decode(ids, pass.cache().memory(), pass);
  }

  /**
   * What the decoder reads where it is to write these labels: the start token, then each label but
   * the last, pad for labels that do not count.
   *
   * @param labels B*T, row-major
   * @param width T
   */
  public long[] shifted(long[] labels, int width) {
    long[] ids = new long[labels.length];
    for (int i = 0; i < ids.length; i++) {
      long before = i % width == 0 ? start : labels[i - 1];
      ids[i] = before == Batch.IGNORE ? pad : before;
    }
    return ids;
  }

  /** Learned tokens are what is to be written, all others are what is read. */
  @Override
  public Inputs inputs(Batch batch) {
    return Pairs.of(batch, pad).inputs(this);
  }

  @Override
  public Tensor whole(Inputs inputs, Pass pass) {
    return forward(inputs, pass);
  }

  /** As the encoder reads them. */
  @Override
  public Tensor vectors(Tensor ids, Pass pass) {
    return encoder.vectors(ids, pass);
  }

  @Override
  public int hiddenSize() {
    return decoder.hiddenSize();
  }

  /** Of each side. */
  @Override
  public int maxPositions() {
    return decoder.maxPositions();
  }

  @Override
  public Embedding tokens() {
    return decoder.tokens();
  }
}
