package dev.hone.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class DenseProductTest {
  /** VeRA's weights are such parts of larger ones. */
  @Test
  void aPartOfAWeightIsNotDenseButMultipliesAsItsCopy() {
    try (Scope scope = Scope.open()) {
      Tensor whole = Tensors.normal(0, 1, 256, 320);
      Tensor rows = whole.narrow(0, 0, 200);
      Tensor columns = whole.narrow(1, 0, 200);
      assertTrue(DenseProduct.isDense(whole));
      assertTrue(DenseProduct.isDense(whole.t()));
      assertTrue(DenseProduct.isDense(rows));
      assertTrue(DenseProduct.isDense(rows.t()));
      assertFalse(DenseProduct.isDense(columns));
      assertFalse(DenseProduct.isDense(columns.t()));
      for (Tensor weight : new Tensor[] {columns, columns.t()}) {
        Tensor x = Tensors.normal(0, 1, 64, weight.size(1));
        assertArrayEquals(
            DenseProduct.linear(x, weight.contiguous(), null).toFloats(),
            DenseProduct.linear(x, weight, null).toFloats(),
            1e-4f);
      }
    }
  }
}
