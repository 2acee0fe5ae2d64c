package dev.hone.tokenizer;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a SentencePiece file holds (sentencepiece_model.proto, Kudo and Richardson 2018).
 *
 * @param pieces in the order of their ids
 * @param bpe byte-pair merges; else unigram
 * @param byteFallback unknown characters become byte pieces
 * @param charsMap compiled normalisation rules, empty for none
 * @param addDummyPrefix a text gets a space before its first word
 * @param removeExtraSpaces spaces at the ends go, others become one
 */
record SentencePieceModel(
    List<Piece> pieces,
    boolean bpe,
    boolean byteFallback,
    int unknownId,
    byte[] charsMap,
    boolean addDummyPrefix,
    boolean removeExtraSpaces) {
  /** Longer ones do not occur; the number of ways to split one grows with its length. */
  private static final int LONGEST_PIECE = 4096;

  /** As numbered in the file. */
  enum Kind {
    NONE,
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  record Piece(String text, float score, Kind kind) {
    boolean builtFromText() {
      return kind == Kind.NORMAL || kind == Kind.USER_DEFINED;
    }
  }

  static SentencePieceModel read(Path file, byte[] content) {
    ProtoReader in = new ProtoReader(ByteBuffer.wrap(content), file.toString());
    List<Piece> pieces = new ArrayList<>();
    Set<String> texts = new HashSet<>();
    int type = 1;
    int unknown = 0;
    boolean bytes = false;
    boolean suffix = false;
    boolean dummyPrefix = true;
    boolean extraSpaces = true;
    boolean escape = true;
    byte[] charsMap = {};
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> {
          Piece piece = piece(in.message());
          if (!texts.add(piece.text())) {
            throw in.broken("the piece '" + piece.text() + "' stands there twice");
          }
          pieces.add(piece);
        }
        case 2 -> {
          ProtoReader trainer = in.message();
          for (int f = trainer.next(); f != 0; f = trainer.next()) {
            switch (f) {
              case 3 -> type = trainer.integer();
              case 24 -> suffix = trainer.flag();
              case 35 -> bytes = trainer.flag();
              case 40 -> unknown = trainer.integer();
              default -> trainer.skip();
            }
          }
        }
        case 3 -> {
          ProtoReader rules = in.message();
          for (int f = rules.next(); f != 0; f = rules.next()) {
            switch (f) {
              case 2 -> charsMap = rules.raw();
              case 3 -> dummyPrefix = rules.flag();
              case 4 -> extraSpaces = rules.flag();
              case 5 -> escape = rules.flag();
              default -> rules.skip();
            }
          }
        }
        default -> in.skip();
      }
    }
    if (pieces.isEmpty()) {
      throw in.broken("it has no pieces");
    }
    if (unknown < 0 || unknown >= pieces.size() || pieces.get(unknown).kind() != Kind.UNKNOWN) {
      throw in.broken("piece " + unknown + " is not its unknown piece");
    }
    if (type != 1 && type != 2) {
      throw in.broken("model type " + type + " where 1 (unigram) or 2 (BPE) is expected");
    }
    if (suffix || !escape) {
      throw in.broken("spaces as suffixes or unescaped spaces, which are not supported");
    }
    if (charsMap.length > 0) {
      CharsMap.check(charsMap, file + " (precompiled_charsmap)");
    }
    return new SentencePieceModel(
        List.copyOf(pieces), type == 2, bytes, unknown, charsMap, dummyPrefix, extraSpaces);
  }

  private static Piece piece(ProtoReader in) {
    String text = "";
    float score = 0;
    int kind = 1;
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> text = in.text();
        case 2 -> score = in.real();
        case 3 -> kind = in.integer();
        default -> in.skip();
      }
    }
    if (kind < 1 || kind >= Kind.values().length) {
      throw in.broken("piece '" + text + "' of unknown type " + kind);
    }
    if (text.isEmpty() || text.length() > LONGEST_PIECE || !Float.isFinite(score)) {
      throw in.broken("a piece of " + text.length() + " characters with the score " + score);
    }
    return new Piece(text, score, Kind.values()[kind]);
  }
}
