package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import dev.hone.train.AdamW;
import dev.hone.train.TrainConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.function.Executable;

/** What tests of methods do with one. */
public final class MethodTrial {
  private MethodTrial() {}

  public static float[] logits(Model model, Adapter adapter) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return model.logits(TinyModels.inputs(1, 2, 3, 4), Pass.plain().with(adapter)).toFloats();
    }
  }

  /** Gives everything that trains other numbers. */
  public static <T extends Method> T stirred(T method, long seed) {
    Engine.seed(seed);
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      method.trainable().values().forEach(t -> t.addInPlace(Tensors.normal(0, .1, t.shape()), 1));
    }
    return method;
  }

  /** A few steps towards nothing in particular. */
  public static void train(Model model, Method method, int steps) {
    try (AdamW optimizer = new AdamW(TrainConfig.defaults(), method)) {
      for (int step = 1; step <= steps; step++) {
        try (Scope scope = Scope.open();
            GradMode on = GradMode.on()) {
          Tensor loss = loss(model, Pass.plain().with(method).train(0));
          Tensor regularizer = method.regularizer();
          (regularizer == null ? loss : loss.add(regularizer)).backward();
          optimizer.step(1e-2);
          method.stepped(step, steps);
          optimizer.clearGradients();
        }
      }
    }
  }

  private static Tensor loss(Model model, Pass pass) {
    return model.logits(TinyModels.inputs(1, 2, 3, 4), pass).square().mean();
  }

  /** Gradients of what trains, by name; what has collected none is missing. */
  public static Map<String, float[]> gradients(Method method) {
    Map<String, float[]> found = new TreeMap<>();
    method
        .trainable()
        .forEach(
            (name, tensor) -> {
              if (tensor.grad() != null) {
                found.put(name, Objects.requireNonNull(tensor.grad()).toFloats());
              }
              tensor.clearGrad();
            });
    return found;
  }

  /** Requires that the derivative along a direction is the difference of two losses. */
  public static void requireSlope(Model model, Method method) {
    try (Scope scope = Scope.open()) {
      loss(model, Pass.plain().with(method)).backward();
      Engine.seed(5);
      double slope = 0;
      double step = 3e-3;
      List<Tensor> directions = new ArrayList<>();
      for (Tensor tensor : method.trainable().values()) {
        Tensor direction = Tensors.normal(0, 1, tensor.shape());
        directions.add(direction);
        slope += Objects.requireNonNull(tensor.grad()).mul(direction).sum().item();
      }
      double above = moved(model, method, directions, step);
      double below = moved(model, method, directions, -2 * step);
      assertEquals(slope, (above - below) / (2 * step), 0.02 * Math.abs(slope));
    }
  }

  private static double moved(Model model, Method method, List<Tensor> by, double step) {
    try (GradMode off = GradMode.off()) {
      int i = 0;
      for (Tensor tensor : method.trainable().values()) {
        tensor.addInPlace(by.get(i), step);
        i++;
      }
      return loss(model, Pass.plain().with(method)).item();
    }
  }

  static float largest(float[] numbers) {
    float largest = 0;
    for (float number : numbers) {
      largest = Math.max(largest, Math.abs(number));
    }
    return largest;
  }

  /** Requires that something is refused in one line that says this. */
  public static void requireRefused(String expected, Executable action) {
    String message = String.valueOf(assertThrows(HoneException.class, action).getMessage());
    assertTrue(message.contains(expected), message);
    assertFalse(message.contains("\n"), message);
  }

  /** A model whose files hold no classifier. */
  public static Model headless(Model whole) {
    return new Model(
        whole.architecture(),
        whole.config(),
        whole.backbone(),
        whole.head(),
        whole.parameters(),
        whole.linears(),
        whole.fileNames(),
        List.of("classifier.weight", "classifier.bias"),
        whole.surplus(),
        whole.newTokens(),
        null);
  }
}
