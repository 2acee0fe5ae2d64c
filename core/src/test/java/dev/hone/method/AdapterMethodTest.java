package dev.hone.method;

import static dev.hone.method.MethodTrial.logits;
import static dev.hone.method.MethodTrial.requireRefused;
import static dev.hone.method.MethodTrial.stirred;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.MethodCases.Case;
import dev.hone.method.bottleneck.BottleneckCases;
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

/** What every adapter promises about its files and beside others, in either layout. */
class AdapterMethodTest {
  @TempDir Path folder;

  static Stream<Case> cases() {
    return Stream.of(
            MethodCases.peft(),
            MethodCases.soft(),
            BottleneckCases.all(),
            BottleneckCases.fusions())
        .flatMap(s -> s);
  }

  private Method attached(Case c, Model model) {
    return BottleneckCases.attached(c.config(), model, folder.resolve("parts"));
  }

  private void write(Method method, Model model) {
    AdapterFiles.write(folder, method, model, "tiny", null);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainedSavedAndReadItGivesTheSameAnswers(Case c) {
    float[] tuned;
    try (Model model = TinyModels.random(c.model())) {
      long before = NativeMemory.objects();
      try (Method method = attached(c, model)) {
        float[] base = logits(model, Adapter.NONE);
        MethodTrial.train(model, method, 4);
        assertArrayEquals(base, logits(model, Adapter.NONE), "training leaves the base alone");
        tuned = logits(model, method);
        assertTrue(TinyModels.distance(base, tuned) > 1e-4, "it learns");
        write(method, model);
      }
      assertEquals(before, NativeMemory.objects());
    }
    try (Model model = TinyModels.random(c.model())) {
      long before = NativeMemory.objects();
      try (Method read = AdapterFiles.read(folder, model)) {
        // Twice the rank (pissa), or fewer ranks than trained (adalora), add up in another order.
        boolean soft = c.config() instanceof SoftPromptConfig;
        boolean same = soft || (c.exact() && !c.name().startsWith("adalora"));
        assertEquals(0, TinyModels.distance(tuned, logits(model, read)), same ? 0 : 5e-5);
      }
      assertEquals(before, NativeMemory.objects());
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aTensorThatDoesNotFitIsRefusedByName(Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = attached(c, model);
        Scope scope = Scope.open()) {
      write(method, model);
      Path file = AdapterFiles.tensors(folder);
      Map<String, Tensor> sound = TensorFile.read(file);
      String last = List.copyOf(sound.keySet()).getLast();
      Tensor wider = Tensors.zeros(Objects.requireNonNull(sound.get(last)).size(0) + 1);
      refused(model, file, with(sound, t -> t.remove(last)), last);
      refused(model, file, with(sound, t -> t.put(last + "x", Tensors.ones(1))), last + "x");
      refused(model, file, with(sound, t -> t.put(last, wider)), last);
    }
  }

  private void refused(Model model, Path file, Map<String, Tensor> tensors, String name) {
    TensorFile.write(file, tensors);
    long before = NativeMemory.objects();
    requireRefused(name, () -> AdapterFiles.read(folder, model).close());
    assertEquals(before, NativeMemory.objects(), "nothing stays behind");
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
        Stream.concat(MethodCases.peft(), BottleneckCases.all())
            .filter(c -> c.model().equals(MethodCases.LLAMA))
            .filter(c -> sharesABatch(c))
            .toList();
    assertTrue(chosen.size() > 15);
    try (Model model = TinyModels.random(MethodCases.LLAMA);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor ids = Tensors.of(new long[] {1, 2, 3, 4, 4, 3, 2, 1, 5, 6, 7, 8}, 3, 4);
      for (Case c : chosen) {
        try (Method a = stirred(Methods.attach(c.config(), model), 1);
            Method b = stirred(Methods.attach(chosen.getFirst().config(), model), 2)) {
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

  /** The distances that T5's attention looks up are of no row. */
  @Test
  void rowsOfAnEncoderDecoderGoThroughTheirOwnToo() {
    Map<String, Object> targets = Map.of("targetModules", List.of("q", "v"));
    try (Model model = TinyModels.random(MethodCases.T5);
        Method a = stirred(Methods.attach(MethodCases.lora(targets), model), 1);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor ids = Tensors.of(new long[] {1, 2, 3, 4, 4, 3, 2, 1}, 2, 4);
      List<Adapter> adapters = List.of(a, Adapter.NONE);
      Tensor mixed = both(model, ids, new Routed(adapters, model));
      for (int row = 0; row < 2; row++) {
        Tensor solo = both(model, ids.narrow(0, row, 1), adapters.get(row));
        assertEquals(
            0, TinyModels.distance(solo.toFloats(), mixed.narrow(0, row, 1).toFloats()), 1e-5);
      }
    }
  }

  private static Tensor both(Model model, Tensor ids, Adapter adapter) {
    return model.logits(new Inputs(ids, null, null, null, ids), Pass.plain().with(adapter));
  }

  /** Whether it replaces no parameter. */
  private static boolean sharesABatch(Case c) {
    boolean replaces =
        c.name().startsWith("saved") || c.name().startsWith("norms") || c.name().contains("bia");
    return !replaces;
  }

  @Test
  void anAdapterThatReplacesAParameterHasABatchOfItsOwn() {
    Case norms = cases().filter(c -> c.name().equals("norms")).findFirst().orElseThrow();
    try (Model model = TinyModels.random(norms.model());
        Method method = Methods.attach(norms.config(), model);
        Scope scope = Scope.open()) {
      requireRefused("norm", () -> new Routed(List.of(method, Adapter.NONE), model));
    }
  }

  static Stream<Case> classifiers() {
    return cases().filter(c -> c.model().equals(MethodCases.BERT)).filter(c -> !savesHead(c));
  }

  /** Whether it trains the head although the base has one. */
  private static boolean savesHead(Case c) {
    return c.config() instanceof SoftPromptConfig
        || c.config().toString().contains("modulesToSave=[classifier]");
  }

  @ParameterizedTest
  @MethodSource("classifiers")
  void aNewHeadTrainsAndIsSaved(Case c) {
    try (Model whole = TinyModels.random(c.model())) {
      Model headless = MethodTrial.headless(whole);
      try (Method method = stirred(attached(c, headless), 1)) {
        List<String> head = trained(method, "classifier");
        assertFalse(head.isEmpty());
        assertTrue(trained(method, "pooler").stream().noneMatch(n -> n.endsWith("dense.weight")));
        write(method, headless);
        try (Method read = AdapterFiles.read(folder, headless)) {
          assertArrayEquals(logits(headless, method), logits(headless, read));
          assertEquals(head, trained(read, "classifier"));
        }
      }
      // With a head of its own, the base's stays as it is unless it is asked for.
      try (Method method = attached(c, whole)) {
        assertFalse(trained(method, "classifier").stream().anyMatch(n -> n.endsWith("r.weight")));
      }
    }
  }

  private static List<String> trained(Method method, String word) {
    return method.trainable().keySet().stream().filter(n -> n.contains(word)).sorted().toList();
  }
}
