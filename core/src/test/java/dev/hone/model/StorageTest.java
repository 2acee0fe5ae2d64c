package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.model.family.Families;
import dev.hone.store.CacheFolder;
import dev.hone.store.TensorFile;
import dev.hone.tensor.DType;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class StorageTest {
  @TempDir private Path folder;
  private String cacheBefore;

  @BeforeEach
  void ownCache() {
    cacheBefore = System.getProperty("HONE_CACHE", "");
    System.setProperty("HONE_CACHE", folder.resolve("cache").toString());
  }

  @AfterEach
  void commonCache() {
    System.setProperty("HONE_CACHE", cacheBefore);
  }

  private Path write(String name, String config, Model model, UnaryOperator<Tensor> stored) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (Scope scope = Scope.open()) {
      model.parameters().forEach(p -> tensors.put(p.name(), stored.apply(p.value())));
      return TinyModels.write(folder.resolve(name), config, tensors);
    }
  }

  private static float[] logits(Model model) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Inputs inputs = Inputs.of(Tensors.of(new long[] {5, 9, 2, 77, 31, 4}, 2, 3));
      return model.logits(inputs, Pass.plain()).toFloats();
    }
  }

  private static float[] logits(Path folder, Storage storage) {
    try (Model model = Families.load(folder, storage)) {
      return logits(model);
    }
  }

  static Stream<String> configs() {
    return TinyModels.writerConfigs().stream();
  }

  /** The matrices rounded as the storage rounds, everything else as it is. */
  private static UnaryOperator<Tensor> rounded(Storage storage) {
    return t -> t.rank() == 2 && t.size(0) > 1 ? storage.pack(t).dense().contiguous() : t;
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("configs")
  void everyFamilyComputesAsWithRoundedWeights(String config) {
    try (Model model = TinyModels.random(config)) {
      Path plain = write("plain", config, model, UnaryOperator.identity());
      for (Storage storage : new Storage[] {Storage.BFLOAT16, Storage.INT8, Storage.NF4}) {
        Path rounded = write(storage.word(), config, model, rounded(storage));
        assertArrayEquals(
            logits(rounded, Storage.FLOAT32), logits(plain, storage), 2e-6f, storage.word());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Storage.class,
      names = {"AUTO", "FLOAT32", "BFLOAT16"})
  void aFileInBf16GivesTheSameNumbersMappedOrCopied(Storage storage) {
    String config = TinyModels.llamaConfig("{}");
    try (Model model = TinyModels.random(config)) {
      Path half = write("half", config, model, t -> t.to(DType.BF16));
      Path wide = write("wide", config, model, t -> t.to(DType.BF16).to(DType.F32));
      assertArrayEquals(logits(wide, Storage.FLOAT32), logits(half, storage));
      try (Model loaded = Families.load(half, storage)) {
        Tensor matrix = loaded.linears().values().iterator().next().weight().value();
        assertEquals(storage == Storage.BFLOAT16, matrix.isPacked());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Storage.class,
      names = {"INT8", "NF4"})
  void whatWasQuantisedOnceIsMappedTheNextTime(Storage storage) throws IOException {
    String config = TinyModels.llamaConfig("{}");
    try (Model model = TinyModels.random(config)) {
      Path plain = write("plain", config, model, UnaryOperator.identity());
      float[] first = logits(plain, storage);
      Path file = onlyFile();
      FileTime old = FileTime.fromMillis(1_000_000);
      Files.setLastModifiedTime(file, old);
      long before = NativeMemory.objects();
      assertArrayEquals(first, logits(plain, storage));
      assertEquals(before, NativeMemory.objects());
      assertEquals(old, Files.getLastModifiedTime(file), "it is not written again");

      // Other weights have a file of their own.
      Path other = write("plain", config, model, t -> t.mul(1.5));
      logits(other, storage);
      assertEquals(2, files());
    }
  }

  /** A table that grows is not quantised, and leaves a file without it. */
  @ParameterizedTest
  @EnumSource(
      value = Storage.class,
      names = {"INT8", "NF4"})
  void aTableThatGrowsDoesNotStandInTheWayOfTheWholeOne(Storage storage) {
    String config = TinyModels.llamaConfig("{}");
    NewTokens one = new NewTokens(TinyModels.VOCAB, List.of(new int[] {5, 9}));
    try (Model model = TinyModels.random(config)) {
      Path plain = write("plain", config, model, UnaryOperator.identity());
      for (NewTokens tokens : List.of(one, NewTokens.NONE, one)) {
        try (Model loaded = Families.load(plain, storage, tokens)) {
          boolean grown = !tokens.isEmpty();
          Tensor table = loaded.backbone().tokens().weight().value();
          assertEquals(grown ? TinyModels.VOCAB + 1 : TinyModels.VOCAB, table.size(0));
          assertEquals(!grown, table.isPacked());
        }
      }
    }
  }

  @Test
  void aFileOfOtherShapesIsNamedAndToBeRemoved() throws IOException {
    String config = TinyModels.llamaConfig("{}");
    try (Model model = TinyModels.random(config)) {
      Path plain = write("plain", config, model, UnaryOperator.identity());
      logits(plain, Storage.INT8);
      Path file = onlyFile();
      try (Scope scope = Scope.open()) {
        Map<String, Tensor> parts = new LinkedHashMap<>(TensorFile.read(file));
        parts.replaceAll(
            (name, part) -> name.contains("q_proj") ? part.narrow(0, 0, 1).contiguous() : part);
        TensorFile.write(file, parts);
      }
      HoneException refused =
          assertThrows(HoneException.class, () -> Families.load(plain, Storage.INT8));
      assertTrue(refused.toString().contains("remove it, and it is made anew"), refused.toString());
    }
  }

  private static Path onlyFile() throws IOException {
    try (Stream<Path> files = Files.list(CacheFolder.of("quantised"))) {
      return files.reduce((a, b) -> Path.of("several files")).orElseThrow();
    }
  }

  private static long files() throws IOException {
    try (Stream<Path> files = Files.list(CacheFolder.of("quantised"))) {
      return files.count();
    }
  }

  @Test
  void aQuarterOfTheBytesAndLess() {
    String config = TinyModels.llamaConfig("{'hidden_size': 128, 'intermediate_size': 256}");
    try (Model model = TinyModels.random(config)) {
      Path plain = write("plain", config, model, UnaryOperator.identity());
      double full = bytesEach(plain, Storage.FLOAT32);
      assertEquals(4, full);
      assertEquals(2, bytesEach(plain, Storage.BFLOAT16), 0.05);
      assertEquals(1, bytesEach(plain, Storage.INT8), 0.1);
      assertEquals(0.52, bytesEach(plain, Storage.NF4), 0.05);
    }
  }

  private static double bytesEach(Path folder, Storage storage) {
    try (Model model = Families.load(folder, storage)) {
      return (double) model.weightBytes() / model.parameterCount();
    }
  }

  @Test
  void numbersTooLargeForF16AreRefused() {
    String config = TinyModels.llamaConfig("{}");
    try (Model model = TinyModels.random(config)) {
      Path plain = write("plain", config, model, t -> t.mul(1e6));
      HoneException refused =
          assertThrows(HoneException.class, () -> Families.load(plain, Storage.FLOAT16));
      assertTrue(refused.toString().contains("too large for float16"), refused.toString());
      assertFalse(refused.toString().contains("\n"));
    }
  }
}
