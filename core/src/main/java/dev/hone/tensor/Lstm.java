package dev.hone.tensor;

import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * One layer of long short-term memory (Hochreiter and Schmidhuber 1997), by the engine's fused
 * kernel. Gates stand in PyTorch's order: input, forget, cell, output.
 *
 * @param inputs weights of what is read, [4H, C]
 * @param states weights of the layer's own state, [4H, H]
 * @param inputBias [4H]
 * @param stateBias [4H]
 */
public record Lstm(Tensor inputs, Tensor states, Tensor inputBias, Tensor stateBias) {

  /**
   * What a layer remembers between two positions.
   *
   * @param hidden [B, H]
   * @param cell [B, H]
   */
  public record State(Tensor hidden, Tensor cell) {
    /** The same numbers without a history. */
    public State detached() {
      return new State(hidden.detach(), cell.detach());
    }
  }

  /**
   * @param hidden after each position, [B, T, H]
   * @param state after the last position
   */
  public record Output(Tensor hidden, State state) {}

  /**
   * @param x [B, T, C]
   * @param begin what is remembered before the first position
   */
  public Output forward(Tensor x, State begin) {
    long width = states.rank() == 2 ? states.size(1) : -1;
    if (inputs.rank() != 2 || inputs.size(0) != 4 * width || states.size(0) != 4 * width) {
      throw Shapes.mismatch("lstm", "weights [4H, C] and [4H, H]", inputs, states);
    }
    if (!isVector(inputBias, 4 * width) || !isVector(stateBias, 4 * width)) {
      throw Shapes.mismatch("lstm", "two biases [4H]", states, inputBias, stateBias);
    }
    if (x.rank() != 3 || x.size(2) != inputs.size(1) || x.size(1) == 0) {
      throw Shapes.mismatch("lstm", "input [B, T, C] and weights [4H, C]", x, inputs);
    }
    if (!fits(begin.hidden(), x.size(0), width) || !fits(begin.cell(), x.size(0), width)) {
      throw Shapes.mismatch("lstm", "a state [B, H]", x, begin.hidden(), begin.cell());
    }
    Tensor hidden = begin.hidden().unsqueeze(0);
    Tensor cell = begin.cell().unsqueeze(0);
    // The kernel keeps what a backward pass needs only where it is told that it trains.
    var out =
        torch.lstm(
            x.wide().handle(),
            new TensorVector(hidden.handle(), cell.handle()),
            new TensorVector(
                inputs.handle(), states.handle(), inputBias.handle(), stateBias.handle()),
            true,
            1,
            0,
            GradMode.isOn(),
            false,
            true);
    return new Output(
        new Tensor(out.get0()),
        new State(new Tensor(out.get1()).squeeze(0), new Tensor(out.get2()).squeeze(0)));
  }

  private static boolean isVector(Tensor t, long length) {
    return t.rank() == 1 && t.size(0) == length;
  }

  private static boolean fits(Tensor state, long rows, long width) {
    return state.rank() == 2 && state.size(0) == rows && state.size(1) == width;
  }
}
