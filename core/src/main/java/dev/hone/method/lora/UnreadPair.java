package dev.hone.method.lora;

import dev.hone.method.TableChange;
import dev.hone.tensor.Tensor;

/**
 * LoRA of a table that nothing reads under this name: in PEFT an encoder-decoder's layers look at
 * the base's table beside it.
 */
record UnreadPair(Pair pair) implements TableChange {

  @Override
  public Tensor forward(Tensor vectors, Tensor table, Tensor ids) {
    return vectors;
  }

  @Override
  public boolean adds() {
    return true;
  }

  @Override
  public Tensor merged(Tensor table) {
    return table;
  }
}
