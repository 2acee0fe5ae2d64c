package dev.hone.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.method.Methods;
import dev.hone.method.PeftFiles;
import dev.hone.method.PeftMethod;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;
import dev.hone.store.hub.Transfer;
import dev.hone.tensor.NativeMemory;
import dev.hone.tokenizer.BpeTrainer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of a folder is what loading it shows. */
class InspectionTest {
  @TempDir Path folder;

  private static Inspection look(Path path) {
    return Inspection.of(path, Inspection.Options.USUAL, Transfer.SILENT);
  }

  private static ModelFacts facts(Path path) {
    return Objects.requireNonNull(look(path).model());
  }

  static Stream<String> configs() {
    return Stream.concat(TinyModels.writerConfigs().stream(), TinyEncoders.all().stream());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("configs")
  void everyFamilyIsSeenAsItLoads(String config) {
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(folder, config, model, UnaryOperator.identity());
      long before = NativeMemory.objects();
      ModelFacts facts = facts(folder);
      assertEquals(before, NativeMemory.objects(), "everything is freed");
      assertNull(facts.refusal());
      assertEquals(model.architecture(), facts.loadsAs());
      assertEquals(model.parameterCount(), facts.parameters());
      assertEquals(List.of(), facts.made());
      assertEquals(List.of(), facts.surplus());
      assertEquals(
          facts.parameters(), facts.parts().stream().mapToLong(PartFacts::parameters).sum());
      List<Part> parts = facts.parts().stream().map(PartFacts::part).toList();
      boolean recurrent = config.contains("AwdLstm");
      assertTrue(
          parts.containsAll(
              recurrent
                  ? List.of(Part.EMBEDDINGS, Part.RECURRENT, Part.HEAD)
                  : List.of(Part.EMBEDDINGS, Part.ATTENTION, Part.FEED_FORWARD, Part.NORMS)),
          parts.toString());
      assertEquals(recurrent ? 2 : 8, facts.memory().size());
    }
  }

  @Test
  void theNumbersOfALlama() {
    String config = TinyModels.llamaConfig("{'tie_word_embeddings': true}");
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(folder, config, model, UnaryOperator.identity());
    }
    ModelFacts facts = facts(folder);
    assertEquals("Llama", facts.family());
    assertEquals(64, facts.context());
    assertEquals(2, facts.keyValueHeads());
    assertEquals(List.of("lm_head = model.embed_tokens.weight"), facts.tied());
    // q, o: 32 x 32; k, v: 32 x 16; feed-forward: 3 x 32 x 48
    assertTrue(
        facts
            .parts()
            .containsAll(
                List.of(
                    new PartFacts(Part.EMBEDDINGS, 96 * 32, 0, 0),
                    new PartFacts(Part.ATTENTION, 2 * 3072, 3072, 3072),
                    new PartFacts(Part.FEED_FORWARD, 2 * 4608, 4608, 4608))),
        facts.parts().toString());
    MemoryEstimate lora = facts.memory().get(2);
    assertEquals("lora", lora.method());
    try (Model model = TinyModels.random(config);
        var method = Methods.attach(LoraConfig.defaults(), model)) {
      long ranks = LoraConfig.defaults().rank();
      assertEquals(method.trainableCount() * 8, lora.trainable() * ranks);
    }
  }

  /** The weights are a hole in the file: whoever reads them waits for a hundred gigabytes. */
  @Test
  void sizeDoesNotMatter() throws IOException {
    StringBuilder header = new StringBuilder("{");
    long at = 0;
    for (String tensor :
        List.of(
            "model.embed_tokens.weight [262144,65536]",
            "model.norm.weight [65536]",
            "model.layers.0.input_layernorm.weight [65536]",
            "model.layers.0.post_attention_layernorm.weight [65536]",
            "model.layers.0.self_attn.q_proj.weight [65536,65536]",
            "model.layers.0.self_attn.k_proj.weight [32768,65536]",
            "model.layers.0.self_attn.v_proj.weight [32768,65536]",
            "model.layers.0.self_attn.o_proj.weight [65536,65536]",
            "model.layers.0.mlp.gate_proj.weight [48,65536]",
            "model.layers.0.mlp.up_proj.weight [48,65536]",
            "model.layers.0.mlp.down_proj.weight [65536,48]")) {
      String[] part = tensor.split(" ");
      long count = 1;
      for (String side : part[1].replaceAll("[\\[\\]]", "").split(",")) {
        count *= Long.parseLong(side);
      }
      long size = 2 * count;
      header.append(at == 0 ? "" : ",").append('"').append(part[0]);
      header.append("\":{\"dtype\":\"BF16\",\"shape\":").append(part[1]);
      header.append(",\"data_offsets\":[").append(at).append(',').append(at + size).append("]}");
      at += size;
    }
    byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile file =
        new RandomAccessFile(folder.resolve("model.safetensors").toFile(), "rw")) {
      file.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array());
      file.write(json);
      file.setLength(8 + json.length + at);
    }
    Files.writeString(
        folder.resolve("config.json"),
        TinyModels.llamaConfig(
            "{'hidden_size': 65536, 'vocab_size': 262144, 'num_hidden_layers': 1,"
                + " 'tie_word_embeddings': true}"));
    ModelFacts facts = facts(folder);
    assertNull(facts.refusal());
    assertEquals(at / 2, facts.parameters());
    assertTrue(facts.weights().bytes() > 32L << 30);
  }

  @Test
  void whatDoesNotLoadIsShownWithTheReason() throws IOException {
    String config = TinyModels.llamaConfig("{}");
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(folder, config, model, UnaryOperator.identity());
    }
    Files.writeString(
        folder.resolve("config.json"), config.replace("LlamaForCausalLM", "LamaForCausalLM"));
    ModelFacts other = facts(folder);
    assertNull(other.loadsAs());
    assertTrue(refusal(other).contains("'LamaForCausalLM' is not supported"));
    assertEquals(2, other.layers());
    assertEquals(2 * 3072, other.parts().get(1).parameters());
    Files.writeString(folder.resolve("config.json"), config.replace("48", "40"));
    String shape = refusal(facts(folder));
    assertTrue(shape.contains("[48, 32]") && shape.contains("[40, 32]"), shape);
  }

  private static String refusal(ModelFacts facts) {
    return Objects.requireNonNull(facts.refusal());
  }

  /** A checkpoint of a backbone alone is shown with the head that a task would bring. */
  @Test
  void aBackboneGetsAHead() throws IOException {
    String config = TinyModels.bertConfig("BertForSequenceClassification");
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(folder, config, model, UnaryOperator.identity());
    }
    Files.writeString(folder.resolve("config.json"), TinyModels.bertConfig("BertModel"));
    ModelFacts facts = facts(folder);
    assertEquals("BertModel", facts.architecture());
    assertEquals("BertForSequenceClassification", facts.loadsAs());
  }

  @Test
  void anAdapterAndItsBase() throws IOException {
    Path base = folder.resolve("base");
    Path adapter = folder.resolve("adapter");
    String config = TinyModels.llamaConfig("{}");
    try (Model model = TinyModels.random(config);
        PeftMethod lora = (PeftMethod) Methods.attach(LoraConfig.defaults(), model)) {
      TinyModels.write(base, config, model, UnaryOperator.identity());
      PeftFiles.write(adapter, lora, model, base.toString());
      Inspection seen = look(adapter);
      assertEquals(Inspection.Kind.ADAPTER, seen.kind());
      AdapterFacts facts = Objects.requireNonNull(seen.adapter());
      assertEquals("lora", facts.type());
      assertEquals(LoraConfig.defaults().rank(), facts.rank());
      assertEquals(lora.trainableCount(), facts.weights().parameters());
      assertEquals(base.toString(), facts.baseFolder());
      assertEquals(List.of(), facts.strangers());
      assertEquals("Llama", Objects.requireNonNull(seen.model()).family());
    }
    String gpt = TinyModels.gpt2Config("{}");
    Path other = folder.resolve("other");
    try (Model model = TinyModels.random(gpt)) {
      TinyModels.write(other, gpt, model, UnaryOperator.identity());
    }
    Inspection.Options options = new Inspection.Options(other, false, MemoryEstimate.Load.USUAL);
    AdapterFacts misfit =
        Objects.requireNonNull(Inspection.of(adapter, options, Transfer.SILENT).adapter());
    assertEquals(misfit.weights().tensors().size(), misfit.strangers().size());
  }

  @Test
  void theTokenizerAndTheTemplate() throws IOException {
    String config = TinyModels.llamaConfig("{}");
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(folder, config, model, UnaryOperator.identity());
    }
    BpeTrainer.train(List.of("some words to learn from, and some more of them"), 300).save(folder);
    Files.writeString(
        folder.resolve("chat_template.jinja"),
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}"
            + "<{{ m.role }}>{{ m.content }}</s>{% endfor %}"
            + "{% if add_generation_prompt %}<assistant>{% endif %}");
    Inspection seen = look(folder);
    TokenizerFacts tokenizer = Objects.requireNonNull(seen.tokenizer());
    assertNull(tokenizer.refusal());
    assertEquals("byte-level BPE", tokenizer.kind());
    assertEquals(
        new TokenizerFacts.Token("<|pad|>", 1),
        Objects.requireNonNull(tokenizer.roles().get("pad")));
    TemplateFacts template = Objects.requireNonNull(seen.chatTemplate());
    assertNull(template.refusal());
    assertEquals(64, template.hash().length());
    assertTrue(template.turns() && template.invites());
    assertTrue(!template.system() && !template.tools() && !template.marksAnswers());
  }

  @Test
  void aFileOfWeights() throws IOException {
    String config = TinyModels.llamaConfig("{}");
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(folder, config, model, UnaryOperator.identity());
      Inspection seen = look(folder.resolve("model.safetensors"));
      assertEquals(Inspection.Kind.WEIGHTS, seen.kind());
      assertEquals(model.parameterCount(), Objects.requireNonNull(seen.weights()).parameters());
    }
    Path text = Files.writeString(folder.resolve("a.txt"), "text");
    HoneException refused = assertThrows(HoneException.class, () -> look(text));
    assertTrue(refused.toString().contains("no .safetensors file"));
  }
}
