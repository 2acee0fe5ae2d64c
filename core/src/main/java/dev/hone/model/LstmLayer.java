package dev.hone.model;

import dev.hone.tensor.GradMode;
import dev.hone.tensor.Lstm;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A weight-dropped LSTM layer (arXiv:1708.02182): while training, entries of the matrix on its own
 * state are dropped, the same ones at all positions and in all rows of a pass.
 *
 * @param weightIh [4H, C]
 * @param weightHh [4H, H]
 * @param biasIh [4H]
 * @param biasHh [4H]
 * @param dropout of {@code weightHh}
 */
public record LstmLayer(
    Parameter weightIh, Parameter weightHh, Parameter biasIh, Parameter biasHh, double dropout) {

  /** H. */
  int width() {
    return Math.toIntExact(weightHh.value().size(1));
  }

  /**
   * Reads in windows: the state goes on from one to the next, its gradient does not.
   *
   * @param x [B, T, C]
   * @param begin null for zeros
   * @param window positions that a gradient goes back over
   * @param untracked positions at the beginning that need no gradient at all
   * @param left is given the state after the last position
   * @return [B, T, H]
   */
  Tensor forward(
      Tensor x,
      Lstm.@Nullable State begin,
      long window,
      long untracked,
      Pass pass,
      Consumer<Lstm.State> left) {
    Lstm lstm =
        new Lstm(
            pass.value(weightIh),
            pass.dropout(pass.value(weightHh), dropout),
            pass.value(biasIh),
            pass.value(biasHh));
    Lstm.State state = begin == null ? zeros(x.size(0)) : begin;
    List<Tensor> windows = new ArrayList<>();
    for (long from = 0; from < x.size(1); from += window) {
      Tensor read = x.narrow(1, from, Math.min(window, x.size(1) - from));
      Lstm.Output out =
          from < untracked ? quietly(lstm, read, state) : lstm.forward(read, state.detached());
      windows.add(out.hidden());
      state = out.state();
    }
    left.accept(state);
    return windows.size() == 1 ? windows.getFirst() : Tensors.cat(windows, 1);
  }

  private static Lstm.Output quietly(Lstm lstm, Tensor read, Lstm.State state) {
    try (GradMode off = GradMode.off()) {
      return lstm.forward(read, state);
    }
  }

  private Lstm.State zeros(long rows) {
    Tensor zeros = Tensors.zeros(rows, width());
    return new Lstm.State(zeros, zeros);
  }
}
