package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.generate.GenerationConfig;
import dev.hone.run.RunResult;
import dev.hone.store.Config;
import dev.hone.store.Safetensors;
import dev.hone.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that teaches its base new tokens leaves all that is needed to use them. */
class NewTokensRunTest {
  private static final String TABLE =
      "base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta";

  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void begin() {
    world = new TinyWorld(folder);
  }

  private String[] with(String... more) {
    String[] changes = {
      "tokenizer.addTokens=[lamp, window]",
      "tokenizer.addSpecialTokens=[<|mood|>]",
      "data.prompt='{text}<|mood|>'",
      "train.steps=40"
    };
    String[] all = java.util.Arrays.copyOf(changes, changes.length + more.length);
    System.arraycopy(more, 0, all, changes.length, more.length);
    return all;
  }

  private static void assertKnowsThem(Path tokenizer, int first) {
    try (Tokenizer opened = Tokenizer.open(tokenizer)) {
      assertEquals(first + 3, opened.vocabSize());
      assertArrayEquals(
          new int[] {first, first + 1, first + 2}, opened.encode("lampwindow<|mood|>"));
      assertTrue(opened.specialTokens().contains("<|mood|>"));
    }
  }

  private static String said(Path run) {
    try (TunedModel model = Hone.open(run)) {
      String text = model.generate("the good lamp", GenerationConfig.greedy(8));
      return text + model.classify("a bad tea").label();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "int8", "nf4"})
  void anAdapterBringsThemToTheUntouchedBase(String dtype) throws IOException {
    int known;
    try (Tokenizer base = Tokenizer.open(folder.resolve("base"))) {
      known = base.vocabSize();
      assertEquals(-1, base.id("<|mood|>"));
    }
    byte[] before = Files.readAllBytes(folder.resolve("base/model.safetensors"));
    RunResult result = Hone.train(world.recipe(with("dtype=" + dtype)));
    Path adapter = result.folder().resolve("adapter");
    assertArrayEquals(before, Files.readAllBytes(folder.resolve("base/model.safetensors")));
    assertKnowsThem(adapter, known);
    try (Safetensors file = Safetensors.open(adapter.resolve("adapter_model.safetensors"))) {
      assertArrayEquals(new long[] {3, 32}, file.get(TABLE).shape());
      assertFalse(file.names().stream().anyMatch(n -> n.endsWith("embed_tokens.weight")));
    }
    String spoken = said(result.folder());

    Path merged = folder.resolve("merged");
    world.hone("merge", result.folder().toString(), merged.toString()).succeeded();
    assertKnowsThem(merged, known);
    Config config = Config.read(merged.resolve("config.json"));
    assertEquals(known + 3, config.intValue("vocab_size"));
    assertEquals(spoken, said(merged));
  }

  @Test
  void aWholeModelIsSavedWithThem() {
    RunResult result = Hone.train(world.recipe(with("method={type: full}", "train.rate=1e-3")));
    Path model = result.folder().resolve("model");
    int words = Config.read(model.resolve("config.json")).intValue("vocab_size");
    try (Safetensors file = Safetensors.open(model.resolve("model.safetensors"))) {
      assertArrayEquals(new long[] {words, 32}, file.get("model.embed_tokens.weight").shape());
    }
    assertKnowsThem(model, words - 3);
    assertFalse(said(result.folder()).isEmpty());
  }

  @Test
  void aTokenThatIsThereIsRefused() {
    String said = world.train("tokenizer.addSpecialTokens=[<|endoftext|>]").refusal();
    assertTrue(said.contains("<|endoftext|>") && said.contains("leave it out"), said);
  }
}
