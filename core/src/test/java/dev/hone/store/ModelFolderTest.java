package dev.hone.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import dev.hone.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFolderTest {
  private static final String INDEX = "model.safetensors.index.json";

  @TempDir Path folder;
  private final TensorEntry a = SafetensorsTest.random("a", DType.F32, new Random(1), 3, 2);
  private final TensorEntry b = SafetensorsTest.random("b", DType.BF16, new Random(2), 5);

  @BeforeEach
  void config() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"hidden_size\": 8, \"model_type\": \"x\"}");
  }

  private void shards(String index, List<TensorEntry> one, List<TensorEntry> two)
      throws IOException {
    SafetensorsWriter.write(folder.resolve("m-1.safetensors"), one);
    SafetensorsWriter.write(folder.resolve("m-2.safetensors"), two);
    Files.writeString(folder.resolve(INDEX), "{\"weight_map\": {" + index + "}}");
  }

  private String refusal() {
    String refusal = assertThrows(HoneException.class, () -> ModelFolder.open(folder)).toString();
    assertFalse(refusal.contains("\n"), refusal);
    return refusal;
  }

  @Test
  void oneFileAndShardsGiveTheSameTensorsAndFingerprint() throws IOException {
    SafetensorsWriter.write(folder.resolve("model.safetensors"), List.of(a, b));
    String whole;
    try (ModelFolder model = ModelFolder.open(folder)) {
      assertEquals(Set.of("a", "b"), model.tensors().keySet());
      assertEquals(8, model.config().intValue("hidden_size"));
      whole = Fingerprint.of(model);
    }
    Files.delete(folder.resolve("model.safetensors"));
    shards("\"a\": \"m-2.safetensors\", \"b\": \"m-1.safetensors\"", List.of(b), List.of(a));
    Files.writeString(
        folder.resolve("config.json"),
        "{\"model_type\":\"x\", \"transformers_version\":\"5\", \"hidden_size\":8}");
    try (ModelFolder model = ModelFolder.open(folder)) {
      assertEquals(-1, a.data().mismatch(model.tensor("a").data()));
      assertEquals(-1, b.data().mismatch(model.tensor("b").data()));
      assertEquals(whole, Fingerprint.of(model));
      assertEquals(List.of(), model.surplus());
    }
  }

  @Test
  void anyChangeChangesTheFingerprint() throws IOException {
    byte[] data = new byte[24];
    String before = Fingerprint.of(List.of(a, b));
    assertEquals(before, Fingerprint.of(List.of(b, a)));
    MemorySegment.copy(a.data(), 0, MemorySegment.ofArray(data), 0, 24);
    data[23] ^= 1;
    MemorySegment changed = MemorySegment.ofArray(data);
    long[] shape = a.shape();
    assertNotEquals(
        before, Fingerprint.of(List.of(new TensorEntry("a", DType.F32, shape, changed), b)));
    assertNotEquals(
        before, Fingerprint.of(List.of(new TensorEntry("c", DType.F32, shape, a.data()), b)));
    assertNotEquals(
        before, Fingerprint.of(List.of(new TensorEntry("a", DType.I32, shape, a.data()), b)));
    assertNotEquals(
        before,
        Fingerprint.of(List.of(new TensorEntry("a", DType.F32, new long[] {2, 3}, a.data()), b)));
    SafetensorsWriter.write(folder.resolve("model.safetensors"), List.of(a, b));
    String first;
    try (ModelFolder model = ModelFolder.open(folder)) {
      first = Fingerprint.of(model);
    }
    Files.writeString(folder.resolve("config.json"), "{\"hidden_size\": 9, \"model_type\": \"x\"}");
    try (ModelFolder model = ModelFolder.open(folder)) {
      assertNotEquals(first, Fingerprint.of(model));
    }
  }

  @Test
  void whatLiesInAShardWithoutTheIndexIsListed() throws IOException {
    shards("\"a\": \"m-1.safetensors\"", List.of(a, b), List.of(b));
    try (ModelFolder model = ModelFolder.open(folder)) {
      assertEquals(Set.of("a"), model.tensors().keySet());
      assertEquals(List.of("m-1.safetensors: b"), model.surplus());
    }
  }

  @Test
  void anIndexThatDoesNotFitIsRefused() throws IOException {
    shards("\"a\": \"m-2.safetensors\"", List.of(a), List.of(b));
    assertTrue(refusal().contains("tensor 'a' is not in m-2.safetensors"));
    shards("\"a\": \"m-3.safetensors\"", List.of(a), List.of(b));
    assertTrue(refusal().contains("m-3.safetensors is missing"));
    shards("", List.of(a), List.of(b));
    assertTrue(refusal().contains("'weight_map'"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"../x.safetensors\"",
        "\"/etc/x.safetensors\"",
        "\"..\\\\x.safetensors\"",
        "\"C:x.safetensors\"",
        "\"x\\u0000.safetensors\"",
        "\"x.bin\"",
        "\"\"",
        "7",
        "[]"
      })
  void shardsOutsideTheFolderAreRefused(String shard) throws IOException {
    Files.writeString(folder.resolve(INDEX), "{\"weight_map\": {\"a\": " + shard + "}}");
    assertTrue(refusal().contains("in the same folder"));
  }

  @Test
  void foldersWithoutUsableWeightsAreRefused() throws IOException {
    assertTrue(refusal().contains("has no weights"));
    Files.writeString(folder.resolve("pytorch_model.bin"), "x");
    String pickle = refusal();
    assertTrue(pickle.contains("pickle (pytorch_model.bin)"), pickle);
    assertTrue(pickle.contains("safetensors.torch.save_file"), pickle);
    Files.delete(folder.resolve("config.json"));
    assertTrue(refusal().contains("config.json is missing"));
    Files.writeString(folder.resolve("config.json"), "{\"a\": 1,\n \"a\": 2}");
    String twice = refusal();
    assertTrue(twice.contains("config.json is not valid JSON at line 2"), twice);
    Path none = folder.resolve("none");
    assertTrue(
        assertThrows(HoneException.class, () -> ModelFolder.open(none))
            .toString()
            .contains("is not a folder"));
  }

  /** Fastai's learners save under any name. */
  @Test
  void oneTorchFileIsReadAndItsMemoryEndsWithTheFolder() throws IOException {
    TorchWriter.write(folder.resolve("finetuned.pth"), List.of(a, b));
    MemorySegment numbers;
    try (ModelFolder model = ModelFolder.open(folder)) {
      assertEquals(Set.of("a", "b"), model.tensors().keySet());
      numbers = model.tensor("a").data();
      assertEquals(-1, a.data().mismatch(numbers));
      assertEquals(1, model.fileCount());
    }
    assertThrows(IllegalStateException.class, () -> numbers.get(ValueLayout.JAVA_BYTE, 0));
    TorchWriter.write(folder.resolve("older.pth"), List.of(a));
    assertTrue(refusal().contains("only as pickle (finetuned.pth, older.pth)"), refusal());
    SafetensorsWriter.write(folder.resolve("model.safetensors"), List.of(a));
    try (ModelFolder model = ModelFolder.open(folder)) {
      assertEquals(Set.of("a"), model.tensors().keySet());
    }
  }

  @Test
  void sha256OfAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("abc"), "abc");
    assertEquals(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Hashes.sha256(file));
  }

  @Test
  void goldenFoldersOpen() throws IOException {
    Path golden = Path.of(System.getProperty("hone.root")).resolve("../shared/golden");
    Assumptions.assumeTrue(Files.isDirectory(golden), golden + " is not here");
    int shards = 0;
    try (Stream<Path> list = Files.list(golden)) {
      for (Path path : list.filter(p -> Files.exists(p.resolve("config.json"))).toList()) {
        try (ModelFolder model = ModelFolder.open(path)) {
          assertFalse(model.tensors().isEmpty());
          assertFalse(model.config().text("model_type").isEmpty());
          assertEquals(List.of(), model.surplus());
          shards += Files.exists(path.resolve(INDEX)) ? 1 : 0;
        }
      }
    }
    assertEquals(1, shards);
  }
}
