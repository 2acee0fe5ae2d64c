package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.method.MethodCases.Case;
import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.store.TensorFile;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import dev.hone.train.AdamW;
import dev.hone.train.TrainConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method with PEFT's files promises about them. */
class PeftMethodTest {
  private static final Path TENSORS = Path.of("adapter_model.safetensors");

  @TempDir Path folder;

  static Stream<Case> cases() {
    return Stream.concat(MethodCases.peft(), MethodCases.soft());
  }

  private static float[] logits(Model model, Adapter adapter) {
    return MethodTest.logits(model, adapter);
  }

  /** A few steps towards nothing in particular. */
  static void train(Model model, Method method, int steps) {
    try (AdamW optimizer = new AdamW(TrainConfig.defaults(), method)) {
      for (int step = 1; step <= steps; step++) {
        try (Scope scope = Scope.open();
            GradMode on = GradMode.on()) {
          Pass pass = Pass.plain().with(method).train(0);
          Tensor loss = model.logits(TinyModels.inputs(1, 2, 3, 4), pass).square().mean();
          Tensor regularizer = method.regularizer();
          (regularizer == null ? loss : loss.add(regularizer)).backward();
          optimizer.step(1e-2);
          method.stepped(step, steps);
          optimizer.clearGradients();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainedSavedAndReadItGivesTheSameAnswers(Case c) {
    float[] tuned;
    try (Model model = TinyModels.random(c.model());
        PeftMethod method = (PeftMethod) Methods.attach(c.config(), model)) {
      float[] base = logits(model, Adapter.NONE);
      train(model, method, 4);
      assertArrayEquals(base, logits(model, Adapter.NONE), "training leaves the base alone");
      tuned = logits(model, method);
      assertTrue(TinyModels.distance(base, tuned) > 1e-4, "it learns");
      PeftFiles.write(folder, method, model, "tiny");
    }
    try (Model model = TinyModels.random(c.model())) {
      long before = NativeMemory.objects();
      try (PeftMethod read = PeftFiles.read(folder, model)) {
        // Twice the rank (pissa), or fewer ranks than trained (adalora), add up in another order.
        boolean soft = c.config() instanceof SoftPromptConfig;
        boolean same = soft || (c.exact() && !c.name().startsWith("adalora"));
        assertEquals(0, TinyModels.distance(tuned, logits(model, read)), same ? 0 : 5e-5);
      }
      assertEquals(before, NativeMemory.objects());
    }
  }

  private void refused(Case c, Model model, Map<String, Tensor> tensors, String name) {
    TensorFile.write(folder.resolve(TENSORS), tensors);
    long before = NativeMemory.objects();
    HoneException refused =
        assertThrows(HoneException.class, () -> PeftFiles.read(folder, model).close(), c.name());
    assertTrue(String.valueOf(refused.getMessage()).contains(name), refused.getMessage());
    assertEquals(before, NativeMemory.objects(), "nothing stays behind");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aTensorThatDoesNotFitIsRefusedByName(Case c) {
    try (Model model = TinyModels.random(c.model());
        PeftMethod method = (PeftMethod) Methods.attach(c.config(), model);
        Scope scope = Scope.open()) {
      PeftFiles.write(folder, method, model, "tiny");
      Map<String, Tensor> sound = TensorFile.read(folder.resolve(TENSORS));
      String last = List.copyOf(sound.keySet()).getLast();
      refused(c, model, with(sound, t -> t.remove(last)), last);
      refused(c, model, with(sound, t -> t.put(last + "x", Tensors.ones(1))), last + "x");
      Tensor old = Objects.requireNonNull(sound.get(last));
      Tensor wider = Tensors.zeros(old.size(0) + 1);
      refused(c, model, with(sound, t -> t.put(last, wider)), last);
    }
  }

  private static Map<String, Tensor> with(
      Map<String, Tensor> sound, Consumer<Map<String, Tensor>> change) {
    Map<String, Tensor> changed = new LinkedHashMap<>(sound);
    change.accept(changed);
    return changed;
  }

  /** Rows of one batch through adapters of their own, and each as if it were alone. */
  @Test
  void rowsOfOneBatchGoThroughAdaptersOfTheirOwn() {
    List<Case> chosen =
        MethodCases.peft()
            .filter(c -> c.model().equals(MethodCases.LLAMA))
            .filter(c -> alone(c))
            .toList();
    assertTrue(chosen.size() > 10);
    try (Model model = TinyModels.random(MethodCases.LLAMA);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor ids = Tensors.of(new long[] {1, 2, 3, 4, 4, 3, 2, 1, 5, 6, 7, 8}, 3, 4);
      for (Case c : chosen) {
        try (Method a = MethodTest.stirred(Methods.attach(c.config(), model), 1);
            Method b = MethodTest.stirred(Methods.attach(chosen.getFirst().config(), model), 2)) {
          List<Adapter> adapters = List.of(a, Adapter.NONE, b);
          Adapter routed = new Routed(adapters, model);
          Tensor mixed = model.logits(Inputs.of(ids), Pass.plain().with(routed));
          for (int row = 0; row < 3; row++) {
            Inputs own = Inputs.of(ids.narrow(0, row, 1));
            Tensor solo = model.logits(own, Pass.plain().with(adapters.get(row)));
            assertEquals(
                0,
                TinyModels.distance(solo.toFloats(), mixed.narrow(0, row, 1).toFloats()),
                1e-5,
                c.name());
          }
        }
      }
    }
  }

  private static boolean alone(Case c) {
    return !c.name().startsWith("saved") && !c.name().contains("norm") && !c.name().contains("bia");
  }

  @Test
  void anAdapterThatReplacesAParameterHasABatchOfItsOwn() {
    Case norms = cases().filter(c -> c.name().equals("norms")).findFirst().orElseThrow();
    try (Model model = TinyModels.random(norms.model());
        Method method = Methods.attach(norms.config(), model);
        Scope scope = Scope.open()) {
      HoneException refused =
          assertThrows(HoneException.class, () -> new Routed(List.of(method, Adapter.NONE), model));
      assertTrue(String.valueOf(refused.getMessage()).contains("norm"), refused.getMessage());
    }
  }

  @Test
  void aNewHeadTrainsAndIsSaved() {
    Case ia3 = cases().filter(c -> c.name().equals("ia3 bert")).findFirst().orElseThrow();
    try (Model whole = TinyModels.random(ia3.model())) {
      Model headless =
          new Model(
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
      try (Method method = Methods.attach(ia3.config(), headless)) {
        assertTrue(method.trainable().containsKey("base_model.model.classifier.weight"));
        assertFalse(method.trainable().containsKey("base_model.model.bert.pooler.dense.weight"));
      }
    }
  }
}
