package dev.hone.tokenizer;

import dev.hone.fuzz.Edits;
import dev.hone.fuzz.Oracle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * tokenizer.json, tokenizer_config.json and a SentencePiece model: raw, or good ones with changes.
 * A panic of the native library ends the process, which the fuzzer takes for what it is.
 */
public final class TokenizerFuzz {
  private static final Path FOLDER = Oracle.folder("tokenizer");
  private static final List<ObjectNode> SEEDS = new ArrayList<>();
  private static final byte[] PIECES;

  static {
    try {
      for (String kind : List.of("wordpiece", "unigram", "pieces", "zoo")) {
        SEEDS.add(HostileSeeds.of(kind, FOLDER));
      }
      Path model = FOLDER.resolve("seed.model");
      HostileSeeds.copy("bpe.model", model);
      PIECES = Files.readAllBytes(model);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private TokenizerFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    Edits edits = new Edits(input, 0);
    int what = edits.next() % (2 * SEEDS.size() + 3);
    clear();
    switch (what) {
      case 0 -> write("tokenizer.json", edits.rest());
      case 1 -> {
        write("config.json", "{\"model_type\": \"llama\"}".getBytes(StandardCharsets.UTF_8));
        write("tokenizer.model", changed(PIECES, edits));
      }
      case 2 -> {
        write("tokenizer.json", bytes(SEEDS.getFirst()));
        write("tokenizer_config.json", edits.rest());
      }
      default -> write("tokenizer.json", bytes(edits.of(SEEDS.get((what - 3) % SEEDS.size()))));
    }
    boolean ignored = Oracle.holds(TokenizerFuzz::use);
  }

  private static byte[] changed(byte[] seed, Edits edits) {
    byte[] bytes = seed.clone();
    while (edits.more()) {
      bytes[(edits.next() << 8 | edits.next()) % bytes.length] = (byte) edits.next();
    }
    return bytes;
  }

  private static void clear() {
    for (String name :
        List.of("tokenizer.json", "tokenizer_config.json", "config.json", "tokenizer.model")) {
      FOLDER.resolve(name).toFile().delete();
    }
  }

  private static byte[] bytes(ObjectNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void write(String name, byte[] content) {
    Oracle.write(FOLDER.resolve(name), content);
  }

  private static void use() {
    try (Tokenizer tokenizer = Tokenizer.open(FOLDER)) {
      for (String text : List.of("", "Hello  World 12, \u00e9 \ud83e\udd80 <s>x</s> ||\n``")) {
        int[] ids = tokenizer.encode(text);
        int[] special = tokenizer.encodeWithSpecial(text);
        int[] plain = tokenizer.encodePlain(text);
        String ignored = tokenizer.decode(ids, true);
        String all = tokenizer.decode(special, false) + tokenizer.decode(plain, false);
      }
      String ignored = tokenizer.decode(new int[] {0, 1, 2, 100, 1 << 30, -1}, false);
      String kind = tokenizer.kind();
    }
  }
}
