package dev.hone.model;

import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One transformer layer: x [B, T, C] to [B, T, C]. */
public sealed interface Block {
  Tensor forward(Tensor x, Frame frame, Pass pass);

  /**
   * Where its parts end, from the first to the last; none where a part does not go on from what the
   * one before it has left, or is normed or scaled before the sum.
   */
  default List<Junction> junctions() {
    return List.of();
  }

  /**
   * Normalises before each part: x + attention(norm(x)), then x + mlp(norm(x)).
   *
   * @param ontoNormed whether a part is added to norm(x), which it reads, instead of to x
   */
  record PreNorm(
      Norm beforeAttention,
      Attention attention,
      Norm beforeMlp,
      Mlp mlp,
      double dropout,
      boolean ontoNormed)
      implements Block {
    /** Added to x, as nearly everywhere. */
    public PreNorm(
        Norm beforeAttention, Attention attention, Norm beforeMlp, Mlp mlp, double dropout) {
      this(beforeAttention, attention, beforeMlp, mlp, dropout, false);
    }

    @Override
    public Tensor forward(Tensor x, Frame frame, Pass pass) {
      Tensor read = beforeAttention.forward(x, pass);
      Tensor attended = pass.dropout(attention.forward(read, frame, pass), dropout);
      Tensor middle = Tape.boundary(first().forward(ontoNormed ? read : x, attended, pass));
      Tensor normed = beforeMlp.forward(middle, pass);
      Tensor fed = pass.dropout(mlp.forward(normed, pass), dropout);
      return second().forward(ontoNormed ? normed : middle, fed, pass);
    }

    private Junction first() {
      return new Junction(Junction.Part.ATTENTION, attention.output(), null);
    }

    private Junction second() {
      return new Junction(Junction.Part.FEED_FORWARD, mlp.down(), null);
    }

    @Override
    public List<Junction> junctions() {
      return List.of(first(), second());
    }
  }

  /**
   * Normalises after each sum: norm(x + attention(x)), then norm(x + mlp(x)).
   *
   * @param attentionDropout on what the attention gives
   * @param mlpDropout on what the feed-forward part gives
   */
  record PostNorm(
      Attention attention,
      Norm afterAttention,
      Mlp mlp,
      Norm afterMlp,
      double attentionDropout,
      double mlpDropout)
      implements Block {
    /** With one rate for both. */
    public PostNorm(
        Attention attention, Norm afterAttention, Mlp mlp, Norm afterMlp, double dropout) {
      this(attention, afterAttention, mlp, afterMlp, dropout, dropout);
    }

    @Override
    public Tensor forward(Tensor x, Frame frame, Pass pass) {
      Tensor attended = pass.dropout(attention.forward(x, frame, pass), attentionDropout);
      Tensor middle = Tape.boundary(first().forward(x, attended, pass));
      Tensor fed = pass.dropout(mlp.forward(middle, pass), mlpDropout);
      return second().forward(middle, fed, pass);
    }

    private Junction first() {
      return new Junction(Junction.Part.ATTENTION, attention.output(), afterAttention);
    }

    private Junction second() {
      return new Junction(Junction.Part.FEED_FORWARD, mlp.down(), afterMlp);
    }

    @Override
    public List<Junction> junctions() {
      return List.of(first(), second());
    }
  }

  /**
   * Normalises before or after each part or both, and scales what a part adds: x + f
   * after(part(before(x))).
   *
   * @param beforeAttention or null
   * @param afterAttention or null
   * @param beforeMlp or null
   * @param afterMlp or null
   * @param factor f, 1 for most
   */
  record Sandwich(
      @Nullable Norm beforeAttention,
      Attention attention,
      @Nullable Norm afterAttention,
      @Nullable Norm beforeMlp,
      Mlp mlp,
      @Nullable Norm afterMlp,
      double factor)
      implements Block {
    @Override
    public Tensor forward(Tensor x, Frame frame, Pass pass) {
      Tensor attended = attention.forward(normed(beforeAttention, x, pass), frame, pass);
      Tensor added = pass.dropout(normed(afterAttention, attended, pass), 0);
      Tensor middle = Tape.boundary(x.add(added, factor));
      Tensor fed = mlp.forward(normed(beforeMlp, middle, pass), pass);
      return middle.add(pass.dropout(normed(afterMlp, fed, pass), 0), factor);
    }

    private static Tensor normed(@Nullable Norm norm, Tensor x, Pass pass) {
      return norm == null ? x : norm.forward(x, pass);
    }
  }

  /**
   * Both parts read the same x: x + attention(norm(x)) + mlp(norm(x)).
   *
   * @param beforeMlp null where the parts share one norm
   * @param jointly whether dropout falls on the sum of both parts (Falcon) instead of on each
   */
  record Parallel(
      Norm beforeAttention,
      Attention attention,
      @Nullable Norm beforeMlp,
      Mlp mlp,
      double dropout,
      boolean jointly)
      implements Block {
    @Override
    public Tensor forward(Tensor x, Frame frame, Pass pass) {
      Tensor normed = beforeAttention.forward(x, pass);
      Tensor attended = attention.forward(normed, frame, pass);
      Tensor read = beforeMlp == null ? normed : beforeMlp.forward(x, pass);
      Tensor fed = mlp.forward(read, pass);
      if (jointly) {
        return x.add(pass.dropout(attended.add(fed), dropout));
      }
      return x.add(pass.dropout(attended, dropout).add(pass.dropout(fed, dropout)));
    }
  }

  /** A layer and a convolution over what it was given, added to what it gives (DeBERTa-v2). */
  record Convolved(Block layer, Convolution convolution) implements Block {
    @Override
    public Tensor forward(Tensor x, Frame frame, Pass pass) {
      return convolution.forward(x, layer.forward(x, frame, pass), frame, pass);
    }

    @Override
    public List<Junction> junctions() {
      return layer.junctions();
    }
  }

  /**
   * A decoder's layer that also looks at what the encoder has left: attention, cross-attention and
   * feed-forward part, each added to what goes in.
   *
   * @param normFirst whether a norm stands before its part, or after the sum
   */
  record Crossed(
      boolean normFirst,
      Norm attentionNorm,
      Attention attention,
      Norm crossNorm,
      CrossAttention cross,
      Norm mlpNorm,
      Mlp mlp,
      double dropout)
      implements Block {
    @Override
    public Tensor forward(Tensor x, Frame frame, Pass pass) {
      Tensor own = part(x, first(), attentionNorm, pass, in -> attention.forward(in, frame, pass));
      Tensor seen = part(own, second(), crossNorm, pass, in -> cross.forward(in, frame, pass));
      return part(seen, third(), mlpNorm, pass, in -> mlp.forward(in, pass));
    }

    private Tensor part(Tensor x, Junction end, Norm norm, Pass pass, UnaryOperator<Tensor> inner) {
      Tensor entry = Tape.boundary(x);
      Tensor made = inner.apply(normFirst ? norm.forward(entry, pass) : entry);
      return end.forward(entry, pass.dropout(made, dropout), pass);
    }

    private Junction first() {
      return end(Junction.Part.ATTENTION, attention.output(), attentionNorm);
    }

    private Junction second() {
      return end(Junction.Part.CROSS_ATTENTION, cross.output(), crossNorm);
    }

    private Junction third() {
      return end(Junction.Part.FEED_FORWARD, mlp.down(), mlpNorm);
    }

    private Junction end(Junction.Part part, Linear linear, Norm norm) {
      return new Junction(part, linear, normFirst ? null : norm);
    }

    @Override
    public List<Junction> junctions() {
      return List.of(first(), second(), third());
    }
  }
}
