/** Model families from shared blocks. */
@NullMarked
package dev.hone.model;

import org.jspecify.annotations.NullMarked;
