/** Ways to adapt a model. */
@NullMarked
package dev.hone.method;

import org.jspecify.annotations.NullMarked;
