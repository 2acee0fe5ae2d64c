package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Writes the tokenizer.json that a folder with older vocabulary files lacks. */
final class OlderFiles {
  private static final List<String> NAMES =
      List.of(
          "tokenizer.model",
          "spiece.model",
          "sentencepiece.bpe.model",
          "spm.model",
          "vocab.txt",
          "vocab.json");

  private final TokenizerFiles files;
  private final Family family;
  private final Path file;

  private OlderFiles(TokenizerFiles files, Family family, Path file) {
    this.files = files;
    this.family = family;
    this.file = file;
  }

  /** Returns the files with a tokenizer, or null where the folder has no vocabulary at all. */
  static @Nullable TokenizerFiles complete(TokenizerFiles files) {
    Path folder = files.source();
    if (NAMES.stream().noneMatch(name -> Files.isRegularFile(folder.resolve(name)))) {
      return null;
    }
    Family family = Family.of(folder, files.tokenizerConfig(), files.config());
    List<String> needed =
        family.file.equals("vocab.json")
            ? List.of("vocab.json", "merges.txt")
            : List.of(family.file);
    for (String name : needed) {
      if (!Files.isRegularFile(folder.resolve(name))) {
        throw new HoneException(
            folder.resolve(name)
                + " is missing: expected it, or a tokenizer.json, for a tokenizer of the kind "
                + family);
      }
    }
    OlderFiles older = new OlderFiles(files, family, folder.resolve(family.file));
    return older.withRoles().with(older.file, older.tokenizer());
  }

  /** The roles that the family knows by itself are said aloud, for whoever reads on. */
  private TokenizerFiles withRoles() {
    ObjectNode map = (ObjectNode) files.specialTokensMap().deepCopy();
    for (String name : TokenizerFiles.ROLES) {
      String token = role(name);
      if (token != null && files.token(name) == null) {
        map.put(name, token);
      }
    }
    return files.withSpecialTokensMap(map);
  }

  private ObjectNode tokenizer() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("version", "1.0");
    List<AddedToken> own = new ArrayList<>();
    String unknown = role("unk_token");
    if (family.file.equals("vocab.txt")) {
      json.setAll(
          VocabFiles.wordPiece(file, files.tokenizerConfig(), unknown == null ? "[UNK]" : unknown));
    } else if (family.file.equals("vocab.json")) {
      json.setAll(VocabFiles.byteLevel(file, files.tokenizerConfig(), family, unknown));
    } else {
      PieceFiles pieces =
          new PieceFiles(
              file,
              SentencePieceModel.read(file, TokenizerFiles.bytes(file)),
              family,
              files.tokenizerConfig());
      json.setAll(pieces.tokenizer());
      own.addAll(pieces.added());
    }
    AddedTokens added = new AddedTokens(file, json);
    files.listedTokens().forEach(added::put);
    own.forEach(added::put);
    for (String name : TokenizerFiles.ROLES) {
      AddedToken token = files.roleToken(name);
      String text = role(name);
      if (token == null && text != null) {
        token = AddedToken.of(text, true);
      }
      if (token != null) {
        boolean mask = name.equals("mask_token") && family.maskTakesSpaceBefore();
        added.put(mask ? token.takingSpaceBefore() : token);
      }
    }
    files.moreSpecialTokens().forEach(added::put);
    added.apply();
    json.set("post_processor", around(files.with(file, json).vocabulary()));
    return json;
  }

  /** What a file says of a role, else what is usual in the family. */
  private @Nullable String role(String name) {
    if (files.denies(name)) {
      return null;
    }
    String said = files.token(name);
    return said != null ? said : family.roles.get(name);
  }

  private String needed(String name) {
    String token = role(name);
    if (token == null) {
      throw new HoneException(
          file.resolveSibling("tokenizer_config.json")
              + " names no "
              + name
              + ", which a tokenizer of the kind "
              + family
              + " needs");
    }
    return token;
  }

  private ObjectNode around(Map<String, Integer> ids) {
    return switch (family) {
      case BERT, ALBERT, DEBERTA, DEBERTA_V2 -> {
        String cls = needed("cls_token");
        String sep = needed("sep_token");
        yield Parts.template(List.of(cls, "$A", sep), List.of(cls, "$A", sep, "$B", sep), 1, ids);
      }
      case ROBERTA ->
          Parts.of(
              "RobertaProcessing",
              "sep",
              List.of(needed("sep_token"), ids.getOrDefault(needed("sep_token"), 0)),
              "cls",
              List.of(needed("cls_token"), ids.getOrDefault(needed("cls_token"), 0)),
              "trim_offsets",
              true,
              "add_prefix_space",
              VocabFiles.flag(files.tokenizerConfig(), "add_prefix_space", false));
      case XLM_ROBERTA -> {
        String bos = needed("bos_token");
        String eos = needed("eos_token");
        yield Parts.template(
            List.of(bos, "$A", eos), List.of(bos, "$A", eos, eos, "$B", eos), 0, ids);
      }
      case T5 -> {
        String eos = needed("eos_token");
        yield Parts.template(List.of("$A", eos), List.of("$A", eos, "$B", eos), 0, ids);
      }
      case GPT2, GPT_NEOX, OPT, QWEN2, LLAMA, GEMMA -> ends(ids);
    };
  }

  private ObjectNode ends(Map<String, Integer> ids) {
    boolean begins = family == Family.OPT || family == Family.LLAMA || family == Family.GEMMA;
    boolean bos = VocabFiles.flag(files.tokenizerConfig(), "add_bos_token", begins);
    boolean eos = VocabFiles.flag(files.tokenizerConfig(), "add_eos_token", false);
    return Parts.template(bos ? needed("bos_token") : null, eos ? needed("eos_token") : null, ids);
  }
}
