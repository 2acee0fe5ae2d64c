package dev.hone.app.bench;

import dev.hone.data.Batch;
import dev.hone.method.Method;
import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.Wrapping;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.MatrixProduct;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The matrix products of the linears that one training step must do, and how long they take when
 * they are all that is done. Attention's own products are not among them.
 */
final class Products {
  /** x [rows, inner] times [inner, columns]. */
  private record Shape(long rows, long inner, long columns) {
    double operations() {
      return 2.0 * rows * inner * columns;
    }
  }

  private final Map<Shape, Integer> counts = new LinkedHashMap<>();

  /** Those of one step on this batch, found by looking on while a pass is made. */
  static Products of(Model model, Method method, Batch batch) {
    Products products = new Products();
    Adapter watching =
        new Wrapping() {
          @Override
          public Adapter wrapped() {
            return method;
          }

          @Override
          public Tensor linear(Linear at, Tensor x, Pass pass) {
            boolean head = at.name().equals("lm_head");
            long rows = head ? batch.learnedTokens() : x.numel() / x.size(-1);
            products.linear(at, rows, x.requiresGrad() || head, method);
            return method.linear(at, x, pass);
          }
        };
    try (Scope scope = Scope.open();
        GradMode on = GradMode.on()) {
      Tensor ignored = model.logits(Inputs.of(batch), Pass.plain().with(watching));
    }
    return products;
  }

  private void linear(Linear at, long rows, boolean gradientOfInput, Method method) {
    add(rows, at.in(), at.out());
    if (gradientOfInput) {
      add(rows, at.out(), at.in());
    }
    if (method.value(at.weight()).requiresGrad()) {
      add(at.out(), rows, at.in());
    }
    method
        .trainable()
        .forEach(
            (name, tensor) -> {
              if (name.endsWith(at.name() + ".lora_A.weight")) {
                long rank = tensor.size(0);
                add(rows, at.in(), rank);
                add(rows, rank, at.out());
                add(rows, at.out(), rank);
                add(rank, rows, at.out());
                add(rank, rows, at.in());
                if (gradientOfInput) {
                  add(rows, rank, at.in());
                }
              }
            });
  }

  private void add(long rows, long inner, long columns) {
    counts.merge(new Shape(rows, inner, columns), 1, Integer::sum);
  }

  /** Floating-point operations of a step. */
  double operations() {
    return counts.entrySet().stream()
        .mapToDouble(e -> e.getKey().operations() * e.getValue())
        .sum();
  }

  /** Seconds that the products take alone. */
  double seconds() {
    return counts.entrySet().stream()
        .mapToDouble(
            e ->
                e.getKey().operations()
                    * e.getValue()
                    / 1e9
                    / MatrixProduct.gflops(
                        (int) e.getKey().rows(),
                        (int) e.getKey().inner(),
                        (int) e.getKey().columns()))
        .sum();
  }
}
