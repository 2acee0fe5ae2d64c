package dev.hone.model;

import dev.hone.tensor.DType;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * A convolution along the row beside DeBERTa-v2's first layer: norm(y + activation(conv(x))), with
 * padding left at zero (arXiv:2006.03654, the 1.5-billion model).
 *
 * @param weight [C out, C in, K], K odd
 * @param bias [C]
 */
public record Convolution(
    Parameter weight, Parameter bias, Activation activation, Norm norm, double dropout) {

  /**
   * @param x [B, T, C] what the layer was given
   * @param y [B, T, C] what it gives
   */
  Tensor forward(Tensor x, Tensor y, Frame frame, Pass pass) {
    return frame.onRows(
        List.of(x, y), (rows, own) -> beside(rows.getFirst(), rows.getLast(), own, pass));
  }

  private Tensor beside(Tensor x, Tensor y, Frame frame, Pass pass) {
    Tensor mixed = pass.dropout(convolved(x, pass), dropout);
    if (frame.mask() == null) {
      return norm.forward(y.add(activation.apply(mixed)), pass);
    }
    Tensor real = frame.mask().squeeze(1).squeeze(1).unsqueeze(-1).to(DType.F32); // [B, T, 1]
    return norm.forward(y.add(activation.apply(mixed.mul(real))), pass).mul(real);
  }

  /** One product with the K neighbours of each position side by side. */
  private Tensor convolved(Tensor x, Pass pass) {
    Tensor kernel = pass.value(weight);
    long channels = x.size(2);
    long length = kernel.size(2);
    Tensor edge = Tensors.zeros(x.size(0), (length - 1) / 2, channels);
    Tensor padded = Tensors.cat(List.of(edge, x, edge), 1);
    List<Tensor> neighbours = new ArrayList<>();
    for (long k = 0; k < length; k++) {
      neighbours.add(padded.narrow(1, k, x.size(1)));
    }
    Tensor side = Tensors.stack(neighbours, -1).reshape(x.size(0), x.size(1), channels * length);
    return Functional.linear(
        side, kernel.reshape(kernel.size(0), channels * length), pass.value(bias));
  }
}
