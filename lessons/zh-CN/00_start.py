# %% [markdown] lesson="00" minutes=8 builds_on=[]
# # 00 · 开始
#
# **学完这一课，你能**
# - 按自己的节奏学一课，随时离开，再回到原处；
# - 让检查程序检查一道练习，并根据它说的话改对；
# - 查看提示，找到画出来的图片。
#
# 8 分钟。只需要会一点 Python。
#
# **先检验一个想法。** 很多人觉得：*会画画的机器，是把存好的图片混在一起；*
# *两幅画的中间，就是它们像素的平均。* 听起来有道理。
# 这一课的最后，像素的平均和机器真正的画法会摆在一起，由你来判断。

# %% setup
import numpy as np

import tinygen as tg
from tinygen import plots
from tinygen.teach import begin, picture, predict, reveal

rng = begin("00")

# %% [markdown]
# ## 1. 一课是什么样的
# 一课就是一个 Python 文件，分成一个个单元：一段文字，一段代码，再一段文字，再一段代码。
# 有三种学法：
#
# - **在终端里**：`tinygen step 00`。按回车运行一个单元，或者继续往下。还有几个键，
#   每个之后都按回车：`b` 后退，`s` 跳过，`q` 退出，`?` 显示全部按键。
#   随时可以退出，再用同一条命令就从原处继续。
# - **在编辑器里**（VS Code、Spyder、PyCharm）：打开文件，每个单元都有一个运行按钮。
# - **当脚本运行**：`python lessons/00_start.py`，一次运行全部。
#
# 先看第一段代码。课程自带一个网络，它会画出二十个数字。
# 训练时它看过六万个手写数字，但一个也没有存下来。

# %%
artist = tg.models.pretrained("cgan")
digits = artist.sample(20).numpy()[:, 0]

print("形状：", digits.shape, "（图片，行，列）")
print("横穿 0 的左边一笔：", digits[0, 14, 4:12].round(1))
assert digits.shape == (20, 28, 28), "二十幅 28 x 28 像素的图片"
assert 0 <= digits.min() <= digits.max() <= 1, "0 是黑，1 是白"

# %% [markdown]
# ## 2. 第一次检查：通过
# 一幅图片就是一个由数组成的数组：0 是黑，1 是白。这些数字是黑底白字，
# 我们想要白纸黑字。
#
# 练习写在你自己的文件里。再开一个终端（或者在这里按 `q`，
# 之后用 `tinygen step 00` 会从原处继续）。建一个文件夹，只需一次，名字随你：
#
#     tinygen start my-course
#     cd my-course
#
# 里面有 `exercises/00_start.py`。**练习 00.1 已经写好了**，
# 好让你看看一切正常时是什么样子：
#
#     tinygen check 00.1

# %% 白纸黑字 exercise="00.1" difficulty=1 minutes=1 lines=1 passes_untouched=true
def negative(pictures):
    """黑变白，白变黑。

    pictures：任意形状的数组，从 0（黑）到 1（白）

    返回同样形状的数组。
    """
    return 1 - pictures

# %% [markdown] hints="00.1"
# 1. 这道练习已经写好了。你在 `tinygen start` 建的文件夹里运行 `tinygen check 00.1` 了吗？
# 2. 如果你改过它：0 应当变成多少？1 呢？0.25 呢？
# 3. 0 变成 1，1 变成 0，0.25 变成 0.75：用 1 减去图片。
#    也可以恢复原来的样子：`tinygen reset 00.1`。

# %% [markdown]
# 下面这一行保存一幅图，并告诉你存在哪里。在终端里你会看到文件的路径，
# 用任何看图的程序打开它；在编辑器或笔记本里，图还会直接显示在单元下面。

# %%
picture(
    plots.image_grid(negative(digits), columns=10),
    "digits",
    "二十个手写数字，从 0 到 9 两遍。没有人写过它们，每一个都是网络画的。",
)

# %% [markdown]
# ## 3. 先猜一猜
# 单元运行之前，常常会先问你：你觉得会是什么结果？放心猜，没有人计分。
# 猜错比猜对更有价值，因为你会记住它。

# %%
predict(
    "00.p1",
    "网络用随机数来画。我们两次设同一个种子，画两次，得到的是",
    ["不同的数字", "差不多的数字", "完全相同的数字，一个二进制位都不差"],
)

# %%
tg.manual_seed(7)
once = artist.sample(20).numpy()
tg.manual_seed(7)
again = artist.sample(20).numpy()
assert np.array_equal(once, again), "同一个种子应当画出相同的图片"
print("最大的差：", np.abs(once - again).max())
reveal(
    "00.p1",
    "c",
    "计算机的随机数由种子决定。每一课都设好种子，所以你看到的和这里写的一样。",
)

# %% [markdown]
# ## 4. 第二次检查：故意不通过
# 现在来看开头的想法：两幅画的中间是什么？先求像素的平均。这是**练习 00.2**。
# 请先故意写错，看看检查程序怎么说。
#
# 1. 打开 `exercises/00_start.py`，找到 `blend`，把 `raise` 那一行换成这个错误的写法：
#
#        return a + b
#
# 2. 保存，运行 `tinygen check 00.2`。它不会通过。把它说的都读一遍：哪里不对，
#    错得最多的元素（你的值和应有的值），错误的*规律*，还有一幅图的路径。
# 3. 规律会告诉你该怎么办。改好那一行，再检查一次。
#
# 无论在哪里卡住了：`tinygen hint 00.2`。提示有三条，第一条是个问题，
# 最后一条几乎就是答案。

# %% 中间，逐个像素 exercise="00.2" difficulty=1 minutes=3 lines=1
def blend(a, b):
    """两幅图片正中间的图片：每个像素是两个像素的平均。

    a, b：形状相同的数组，从 0（黑）到 1（白）

    返回同样形状的数组。
    """
    ### BEGIN SOLUTION
    return (a + b) / 2
    ### END SOLUTION

# %% [markdown] hints="00.2"
# 1. 取一个在两幅图片里都是 1 的像素。那里的 `a + b` 是多少，应当是多少？
# 2. 检查程序说，你的值都大了同一个倍数。该怎么办？
# 3. 两个数的平均，是它们的和除以个数。注意括号：`/` 比 `+` 先算。

# %%
predict(
    "00.p2",
    "两个手写的 9，一个瘦，一个宽。它们像素的平均看起来是",
    ["一个不瘦不宽的 9", "两个淡淡的 9，叠在一起", "根本不是 9"],
)

# %% [markdown]
# 网络画每个数字，都从一个*编码*出发，也就是 32 个随机数。所以走到中间还有第二条路：
# 不动像素，而是求两个**编码**的平均，再让网络画出来。请比较最后两列。

# %%
tg.manual_seed(0)
code, other_code = tg.randn(2, 4, 32).numpy()


def draw(codes):
    with tg.no_grad():
        return artist.generate(tg.tensor(codes), labels=[0, 5, 8, 9]).numpy()


one, other = draw(code), draw(other_code)
mixed = blend(one, other)
drawn = draw(blend(code, other_code))

rows = np.stack([one, other, mixed, drawn], axis=1).reshape(16, 28, 28)
names = ["one", "another", "mean of the pixels", "mean of the codes"]
picture(
    plots.image_grid(negative(rows), columns=4, titles=names + [""] * 12),
    "halfway",
    "每一行：两个数字，它们像素的平均（两个淡淡的数字叠在一起），"
    "以及网络从编码的平均画出的数字（清清楚楚的一个，介于两者之间）",
)

# %% [markdown]
# 你的眼睛已经有了答案。再用一个数来说明：墨是黑的，纸是白的，
# 既不黑也不白的像素叫*灰*。好的画只在笔画的边上才有灰色像素。

# %%
def share_of_grey(pictures):
    return np.mean((pictures > 0.25) & (pictures < 0.75))


for name, pictures in [("画出的数字", one), ("像素的平均", mixed), ("编码的平均", drawn)]:
    print(f"{name}：{share_of_grey(pictures):4.0%} 的像素是灰的")
assert share_of_grey(mixed) > 2 * share_of_grey(one), "像素的平均是淡的"
assert share_of_grey(drawn) < 1.5 * share_of_grey(one), "编码的平均同样清楚"
reveal(
    "00.p2",
    "b",
    "每个像素都不知道它的邻居：只有一个数字有墨的地方，平均就是半灰。"
    "而网络学会了笔画的样子，画出来的就是笔画。",
)

# %% [markdown]
# ## 你的想法有什么变化
# - 两幅画的中间，不是像素的平均。会生成图像的网络，在图片背后有编码；
#   编码从何而来，正是这门课要讲的。
# - 每一课都是这样：先猜，再看，动手写，然后检查。种子相同，看到的就相同。
# - 检查不通过时，回答里的*规律*会告诉你该往哪里看。
#
# **接下来**：`tinygen check 00` 检查这两道练习，`tinygen lessons` 列出各课，
# `tinygen step 01` 开始真正的第一课：数组，以及为什么能运行的代码也可能是错的。
# （从第 01 课起，课文目前是英文；检查程序和终端里的提示语都是中文。）

# %% [markdown] teacher="00"
# ## 给教师
# **讨论题。**
# 1. *为什么 00.1 不用动手就能通过？* 第一次运行应当说明：安装没有问题，文件夹也对。
#    如果它失败，错在机器，不在学生。
# 2. *检查程序也可以只说一声“错了”。“都是正确值的 2 倍”好在哪里？* 它指出该往哪里看，
#    又没有说出那一行。以后学习率不对、对一批数据求的平均不对时，还会见到同样的话。
# 3. *两个编码的平均，凭什么能画出好的图？* 没有什么保证。网络是用整个空间里的随机编码训练的，
#    两个编码的平均也在其中。第 10 课和第 12 课会仔细看。
#
# **最常见的错误答案。** 故意写的 `a + b`：检查程序说所有的值都是正确值的 2 倍。
# `a + b / 2`：不通过，并指出只有 `b` 除以了 2。`raise` 留在新写的一行上面：检查程序会指出来。
#
# **用 10 分钟**：照原样全部做完。**用 40 分钟**：每个学生让网络在两个编码之间的
# 0、1/4、1/2、3/4、1 处各画一幅，再用像素做同样的五幅，全班来猜哪一组是哪一种；
# 然后找找看，有没有两个编码，它们的平均画得不好。
