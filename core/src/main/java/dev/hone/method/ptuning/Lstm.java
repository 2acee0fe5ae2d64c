package dev.hone.method.ptuning;

import dev.hone.method.Leaves;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * A long short-term memory that reads a row in both directions, layer upon layer, under PyTorch's
 * names.
 *
 * @param directions two for each layer: forwards and backwards
 * @param dropout between layers
 */
record Lstm(List<Direction> directions, double dropout) {

  /**
   * One layer in one direction. The gates stand below each other: input, forget, cell, output.
   *
   * @param input [4H, in]
   * @param hidden [4H, H]
   * @param inputBias [4H]
   * @param hiddenBias [4H]
   */
  record Direction(
      Tensor input, Tensor hidden, Tensor inputBias, Tensor hiddenBias, boolean backwards) {

    static Direction of(Leaves leaves, String ending, long in, long width, boolean backwards) {
      double bound = 1 / Math.sqrt(width);
      return new Direction(
          begun(leaves, "weight_ih_" + ending, bound, 4 * width, in),
          begun(leaves, "weight_hh_" + ending, bound, 4 * width, width),
          begun(leaves, "bias_ih_" + ending, bound, 4 * width),
          begun(leaves, "bias_hh_" + ending, bound, 4 * width),
          backwards);
    }

    private static Tensor begun(Leaves leaves, String name, double bound, long... shape) {
      return leaves.trained(name, () -> Tensors.uniform(-bound, bound, shape), shape);
    }

    /** x [T, in] to [T, H]. */
    Tensor forward(Tensor x) {
      int length = Math.toIntExact(x.size(0));
      long width = hidden.size(1);
      Tensor given = Functional.linear(x, input, inputBias); // [T, 4H]
      Tensor h = Tensors.zeros(1, width);
      Tensor c = h;
      List<Tensor> made = new ArrayList<>();
      for (int i = 0; i < length; i++) {
        int at = backwards ? length - 1 - i : i;
        Tensor[] gates =
            given.narrow(0, at, 1).add(Functional.linear(h, hidden, hiddenBias)).chunk(4, 1);
        c =
            Functional.sigmoid(gates[1])
                .mul(c)
                .add(Functional.sigmoid(gates[0]).mul(gates[2].tanh()));
        h = Functional.sigmoid(gates[3]).mul(c.tanh());
        made.add(h);
      }
      return Tensors.cat(backwards ? made.reversed() : made, 0);
    }
  }

  static Lstm of(Leaves leaves, long in, long width, int layers, double dropout) {
    List<Direction> directions = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      long wide = layer == 0 ? in : 2 * width;
      directions.add(Direction.of(leaves, "l" + layer, wide, width, false));
      directions.add(Direction.of(leaves, "l" + layer + "_reverse", wide, width, true));
    }
    return new Lstm(directions, dropout);
  }

  /** x [T, in] to [T, 2H]. */
  Tensor forward(Tensor x, boolean training) {
    Tensor made = x;
    for (int i = 0; i < directions.size(); i += 2) {
      Tensor read = i == 0 ? made : Functional.dropout(made, training ? dropout : 0, training);
      made =
          Tensors.cat(
              List.of(directions.get(i).forward(read), directions.get(i + 1).forward(read)), 1);
    }
    return made;
  }
}
