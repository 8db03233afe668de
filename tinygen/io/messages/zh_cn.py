"""What the course says to learners, in Chinese.

What is not here is said in English: the words for teachers, those of the other commands, and the
few that are drawn into pictures, whose font has no Chinese characters.
"""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    # ---- in a lesson -----------------------------------------------------------------------------
    "lesson picture": "图片：{path}\n      {alt}",
    "lesson predict": "\n先猜一猜 {number}：{question}",
    "lesson reveal": "答案 {number}：{answer}) {why}",
    "lesson mine": "{number}：从这里起，运行的是你自己写的 {name}。",
    "lesson not mine": "{number}：{name} 还没有写。从这里起，运行的是参考答案。",
    # ---- tinygen lessons, the book and notebooks -------------------------------------------------
    "help lessons": "列出各课；或把它们做成网页、笔记本",
    "help lessons long": "列出各课，以及每一课你完成了多少。也可以把课程做成网页：代码先运行一遍，"
    "打印的内容和画出的图都在页面里，用任何浏览器都能读，也能打印；还可以做成 Jupyter 笔记本。",
    "help lessons epilog": """\
例如：
  tinygen lessons                       列出各课
  tinygen lessons html book             把每一课做成网页，放进文件夹 book
  tinygen lessons html book 06 07       只做这两课
  tinygen lessons notebook 06           生成 06_convolution.ipynb，练习留空
  tinygen lessons notebook 06 --solved  带上答案

每一课本身也是一个 Python 文件，可以直接运行：python lessons/06_convolution.py""",
    "lessons help html": "把课程运行一遍，做成不需要网络的网页",
    "lessons help notebook": "把一课做成笔记本",
    "lessons help folder": "放网页的文件夹",
    "lessons help which": "课的编号，例如 06；不写就是全部",
    "lessons help lesson": "课的编号，例如 06",
    "lessons help solved": "带上练习的答案",
    "lessons help out": "笔记本文件（默认：当前文件夹，用这一课的名字）",
    "lessons column lesson": "课",
    "lessons column minutes": "分钟",
    "lessons column exercises": "练习",
    "lessons column read": "阅读",
    "lessons exercises": "{done}/{count}",
    "lessons no exercises": "-",
    "lessons read": "读完",
    "lessons begun": "第 {step} 步，共 {steps} 步",
    "lessons not begun": "-",
    "lessons next": "tinygen step {number} 在这里逐步学习第 {number} 课。",
    "lessons no folder": "tinygen start course 会建立一个文件夹，练习就写在里面。",
    "lessons notebook": "笔记本  {path}",
    "lessons failed": "有一个单元运行失败：\n{told}",
    "book written": "第 {number} 课  {page}",
    "book index": "用浏览器打开 {page}。",
    "book title": "tinygen 的课程",
    "book about": "神经网络怎样生成和编辑图像，从第一个数组讲起。"
    "每一页都是把那一课实际运行一遍得到的。",
    "book lead": "{minutes} 分钟。先修：{builds_on}。",
    "book lead first": "{minutes} 分钟。",
    "book minutes": "{minutes} 分钟",
    "book footer": "由 tinygen lessons html 生成。页面上的代码都运行过，"
    "下面就是它打印和画出的内容。",
    "book all": "全部课程",
    "book unfold": "全部展开或收起",
    "book predict": "先猜一猜，再往下读",
    "book later": "后面的单元会给出答案。",
    "book answer": "答案",
    "book hint": "提示 {number}/{count}",
    "book solution": "参考答案",
    "book teacher": "给教师",
    "book exercise": "练习 {number} · {title}",
    "book size": "编写 {name}。难度：{difficulty}/5。时间：{minutes} 分钟。约 {lines} 行。"
    "检查：tinygen check {number}",
    # ---- tinygen step ----------------------------------------------------------------------------
    "help step": "在终端里逐步学习一课",
    "help step long": "逐步显示一课：先是文字和一个单元的代码；按回车后运行它，显示它打印的内容，"
    "以及图片存在哪里。有些单元运行之前会先让你猜结果。退出时会记住位置，"
    "再用同一条命令就从那里继续。"
    "没有人能回答时（没有终端、CI 机器、--auto）不会提问。",
    "help step epilog": """\
例如：
  tinygen step 02               开始第 02 课，或从上次退出的地方继续
  tinygen step 02 --from 1      从头开始
  tinygen step 06 --mine        用你自己写的、已通过检查的函数来运行
  tinygen step 06 --auto        全部运行，什么都不问

按键（每个键之后按回车）：
  回车 运行，b 后退，s 跳过，q 退出，? 帮助""",
    "step help lesson": "课的编号，例如 06",
    "step help auto": "全部显示并运行，不等待",
    "step help mine": "用你自己写的、已通过检查的函数",
    "step help from": "从这一步开始；之前的代码会运行，但不显示",
    "step place": "第 {step} 步，共 {steps} 步",
    "step prompt run": "[回车] 运行   [b] 后退  [s] 跳过  [q] 退出  [?] 帮助  > ",
    "step prompt next": "[回车] 继续   [b] 后退  [s] 跳过  [q] 退出  [?] 帮助  > ",
    "step keys": """\
回车    运行这个单元；已经运行过，就继续
b       后退：再看前一步；不会重复运行
s       跳过：不显示地运行这一步，然后继续
q       退出；下次用 tinygen step {number} 从这里继续
?       这份帮助
先输入字母，再按回车。遇到问题时，输入你选的字母。""",
    "step unknown": "这里没有 {given!r} 这个键，可用的是：回车、b、s、q、?",
    "step first": "这已经是第一步。",
    "step guess": "你猜哪一个（{letters}；s 表示不猜）  > ",
    "step no guess": "{given!r} 不在 {letters} 之中。请输入一个字母，或输入 s 不猜，或输入 q 退出。"
    "",
    "step guess missing": "请输入一个字母（{letters}），或输入 s 不猜，或输入 q 退出。",
    "step picture": "图片：{path}",
    "step right": "答案 {number}：你猜的是 {guess}，猜对了。{why}",
    "step wrong": "答案 {number}：你猜的是 {guess}，答案是 {answer}：{why}",
    "step exercise": "练习 {number}：在 {file} 里编写 {name}。难度：{difficulty}/5。"
    "时间：{minutes} 分钟。"
    "约 {lines} 行。检查：tinygen check {number}。卡住了：tinygen hint {number}",
    "step exercise reference": "接下来这一课使用参考答案。加上 --mine，就使用你通过检查的答案。",
    "step exercise yours": "接下来这一课使用你写的 {name}。",
    "step exercise not yours": "接下来这一课使用参考答案：你的还没有通过检查，或者通过之后又改过。",
    "step given yours": "（练习 {number} 的 {name}：用你写的）",
    "step given not yours": "（练习 {number} 的 {name}：用参考答案）",
    "step mine": "使用你写的、已通过检查的：{names}",
    "step none mine": "到这一课为止，{folder} 里现有的练习没有一个通过了检查，"
    "因此运行的是参考答案。（tinygen check）",
    "step mine broken": "你的文件无法运行：{reason}",
    "step no folder": "--mine 需要你的练习文件夹：{reason}",
    "step resumed": "上次停在第 {step} 步，共 {steps} 步：从那里继续。"
    "（从头开始：tinygen step {number} --from 1）",
    "step replay": "正在运行第 {step} 步之前的代码，不显示 ……",
    "step failed": "这个单元运行失败：",
    "step failed go on": "按回车仍会继续下一步；后面的单元可能缺少这里应当定义的东西。",
    "step interrupted": "这个单元已停止。按回车重新运行。",
    "step quit": "下次见：tinygen step {number} 会从第 {step} 步（共 {steps} 步）继续。",
    "step not kept": "注意：无法记住你的位置（{reason}）。",
    "step end": "第 {number} 课到此结束。",
    "step end exercises": "这一课的练习：tinygen check {number}",
    "step end next": "下一课：tinygen step {number}",
    "step no step": "第 {number} 课共有 {steps} 步，没有 --from {given} 这一步",
    # ---- the checker: what is wrong --------------------------------------------------------------
    "check stub": "{number}：请编写 {name}，约 {lines} 行。看提示：tinygen hint {number}",
    "check passed": "公开的 {count} 项检查全部通过",
    "check is not-attempted": "还没有动手：{name} 仍是原来的空函数",
    "check is raise-left-in": "第 {line} 行还留着原来的 raise，你的代码在它旁边：请删掉这一行",
    "check is raised not implemented": "仍会执行到原来的 raise：请删掉它",
    "check is missing": "文件里没有定义 {name}",
    "check is missing similar": "文件里没有定义 {name}。是不是指 {detail}？请把名字改成 {name}",
    "check is not-a-function": "{name} 不是函数，而是 {detail} 类型：它被赋成了一个值",
    "check is imports": "第 {line} 行导入了 {detail}。练习只用 NumPy 和 math 来写",
    "check is syntax": "第 {line} 行不是合法的 Python：{detail}",
    "check is syntax anywhere": "文件无法读取：{detail}",
    "check is timeout": "运行太久，已停止。有不会结束的循环，"
    "或者该用整个数组的地方在逐个元素地循环？",
    "check is timeout loading": "文件还在加载，没有开始第一个用例就超时了：函数外面是不是有循环？",
    "check is memory": "它要的内存超过了一个练习可用的量。某个数组大得不对，或者某个列表一直在变长",
    "check is crashed": "它让 Python 本身退出了（{detail}）",
    "check is too-much-output printed": "打印得太多，已停止：某个不会结束的循环里有 print",
    "check is too-much-output returned": "返回的内容太多，已停止：某个数组大得不对",
    "check cause broadcast": "形状对不上：请在那一行之前打印两个形状，并在旁边写下你预期的形状。",
    "check cause matmul": "矩阵相乘时，前一个的最后一轴要与后一个的倒数第二轴一样长："
    "请在那一行之前打印两个形状。",
    "check cause reshape": "新形状的元素个数与数组不同：请在那一行之前打印它的形状。",
    "check cause truth": "在 if、and、or 里直接判断了数组的真假：用 .any() 或 .all() 说明你的意思，"
    "逐元素判断则用 np.where 和 & |。",
    "check cause too many indices": "下标比数组的轴多：请在那一行之前打印它的形状。",
    "check cause axis": "数组没有这个轴：请在那一行之前打印它的形状。对一个轴求和会去掉这个轴，"
    "后面的轴随之前移，除非用 keepdims=True 保留它。",
    "check cause mask": "真假值掩码的形状必须和被选取的数组相同：请在那一行之前打印两者的形状。",
    "check cause index": "下标越界：最后一个下标是长度减 1。循环在哪里结束，走的是不是那个轴？",
    "check cause name": "用到了在这个函数里没有赋值的名字：打错了，还是另一个函数的名字？",
    "check cause none": "那里有一个值是 None：某个函数什么也没返回，或者某个可能为 None 的参数。",
    "check cause attribute": "没有这个属性：名字打错了，还是应当由另一个方法先保存它？",
    "check cause key": "字典里没有这个键：请在那一行之前打印它的键。",
    "check cause empty": "这里的数组一个元素也没有：切片从哪里开始，到哪里结束？",
    "check cause recursion": "函数不停地调用自己。",
    "check cause casting": "不能把另一种类型的值原地写进数组：整数数组存不下小数。"
    "a = a / b 会新建数组。",
    "check cause read only": "这个数组不允许写入：请在副本上操作。",
    "check is signature": "调用时的参数与它接受的不一致：参数必须和原来的空函数一样。Python 说："
    "{said}",
    "check is nothing-returned": "{name} 什么也没返回（None）：缺少 return，或者没有执行到",
    "check is unusable": "{name} 返回的东西不能按要求使用；它的类型是 {kind}。Python 说：{said}",
    "check kind unknown": "另一种类型",
    "check is structure": "{path} 是{yours}，而这里应当是{expected}",
    "check kind none": " None",
    "check kind foreign": " {kind} 类型的值",
    "check kind tensor": "形状为 {shape} 的 Tensor",
    "check kind array": "形状为 {shape} 的数组",
    "check kind tuple": "含 {count} 项的元组",
    "check kind list": "含 {count} 项的列表",
    "check kind dict": "键为 {keys} 的字典",
    "check kind no dict": "空字典",
    "check kind string": "字符串",
    "check kind number": "单个数",
    "check kind outputs": "含 {count} 项的元组（{names}）",
    "check is shape": "{path} 的形状是 {yours}，应为 {expected}。",
    "check is kind": "{path} 是{yours}，应为{expected}。",
    "check cause swapped right": "数值是对的，但轴的顺序不同：你的等于正确结果做 .transpose{axes}。"
    "",
    "check cause swapped wrong": "轴是这些轴，但顺序不同：你的等于正确结果做 .transpose{axes}。",
    "check cause shape one number": "是不是对所有的轴求了和或平均，而有些轴应当保留？",
    "check cause shape ones more": "多了长度为 1 的轴：是不是 keepdims=True、[:, None]，"
    "或者该用单个下标的地方用了切片 a:a+1？",
    "check cause shape ones fewer": "少了长度为 1 的轴：是不是求和时缺 keepdims=True，"
    "或者该用切片 a:a+1 的地方用了单个下标 a？",
    "check cause shape square": "形状 (n,) 的数组遇上了 (n, 1) 的数组，"
    "于是一边的每个元素都与另一边的每个元素配了对。",
    "check cause shape axis more": "多了一个轴：可能少了对它的求和或平均。",
    "check cause shape axis fewer": "少了一个轴：可能被求和、平均或下标去掉了。",
    "check cause shape same size": "元素个数是对的：缺一个 reshape，或者 reshape 成了别的形状。",
    "check cause shape other axis": "看来求和或平均去掉了轴 {wrong}，而应当去掉的是轴 {right}。",
    "check cause shape padding on": "太大了：填充没有切掉？",
    "check cause shape padding off": "太小了：缺了填充，还是切掉了两次？",
    "check cause shape larger": "太大了：留下了该去掉的东西，还是循环多走了一步？",
    "check cause shape smaller": "太小了：去掉了该留下的东西，还是循环结束得太早？",
    "check is dtype": "{path} 的 dtype 是 {yours}，应为 {expected}。",
    "check cause dtype wider": "某个 float64 的东西把它碰到的都变成了 float64："
    "np.zeros(shape) 和随机数默认是 float64，除非写明 dtype=。",
    "check cause dtype narrower": "途中某处舍入成了更少的位数。",
    "check cause dtype whole": "整数数组存不下小数：是不是对整数用了 np.zeros_like，"
    "或者该用 / 的地方用了 //？",
    "check cause dtype fraction": "位置或个数应当是整数：是不是该用 // 的地方用了 /，"
    "或者 np.zeros 没有写 dtype=int？",
    "check cause dtype bool": "真假值的数组和数的数组不是一回事。",
    "check cause dtype other": "请看数组是在哪里建立的。",
    "check is not finite": "{size} 个元素中有 {count} 个不是有限的数，而它们应当是。",
    "check cause nan": "NaN 来自 0/0、inf - inf、inf*0，或者对负数取对数、开方。",
    "check cause inf": "无穷大来自除以 0、log(0)，或者很大的数取 exp。",
    "check is changed": "{name} 原地改动了它的参数 {names}。调用它的人还需要原来的数组："
    "请在副本上操作，并注意 +=、*= 和 [...] = 都会写进数组。",
    "check changed values right": "返回的结果是对的。",
    "check changed values wrong": "返回的结果也不对，也许正是因为这个。",
    # ---- the checker: what wrong numbers have in common ------------------------------------------
    "check why sign": "所有用例的全部 {count} 个元素符号都反了：等于正确值乘以 -1。",
    "check why factor": "所有用例的全部 {count} 个元素都是正确值的 {factor} 倍。",
    "check why factor sized": "所有用例的全部 {count} 个元素都等于正确值乘以 {causes}："
    "该求和的地方求了平均，或者反过来，诸如此类。",
    "check why factor varies": "在每个用例里，所有元素都等于正确值乘以同一个数，"
    "但各个用例的这个数不同（{factors}）：缺了或多了某个与用例的大小或其中某个数有关的因子。",
    "check cause size": "在每个用例里它都等于 {causes}：该求平均的地方求了和，或者反过来，"
    "诸如此类。",
    "check cause size perhaps": "在这些用例里它也等于 {causes}：是不是该求平均的地方求了和，"
    "诸如此类？",
    "check cause twice": "通常是某一项加了两次，或者缺了 1/2。",
    "check cause half": "通常是缺了一个 2（平方的导数里有它），或者该求和的地方求了两者的平均。",
    "check cause factor": "缺了或多了一个常数因子。",
    "check or": " 或 ",
    "check why borders": "只有靠近边缘{side}的元素是错的，内部全对。"
    "原因通常是填充，或者循环的起点和终点。",
    "check side first": "（轴 {axis} 的开头）",
    "check side last": "（轴 {axis} 的末尾）",
    "check why last right": "只有最后一步是对的，之前的都错："
    "从一步传回前一步的东西缺了，或者不对。",
    "check why first right": "只有第一步是对的，之后的都错：从一步传到下一步的东西缺了，或者不对。",
    "check why last wrong": "只有最后一步是错的，其余都对：请看循环在哪里结束；"
    "如果循环是倒着走的，请看它的初值。",
    "check why first wrong": "只有第一步是错的，其余都对：请看初值；"
    "如果循环是倒着走的，请看它在哪里结束。",
    "check why branch last": "结果只是 {count} 条路径中最后一条的贡献：它覆盖了其他的，"
    "而它们应当相加。",
    "check why branch first": "结果只是 {count} 条路径中第一条的贡献：其他的没有加上去。",
    "check why branch other": "结果只是 {count} 条路径中第 {number} 条的贡献：其他的没有加上去。",
    "check why zeros": "所有元素都是 0：返回的数组里什么也没写进去，或者全都乘了 0。",
    "check why cut off": "凡是应当小于 0 的都成了 0，其余都对："
    "不该用的地方用了与 0 取最大，或者掩码。",
    "check why some zeros": "错的元素都是 0，其余都对：它们从未写入，"
    "或者被掩码、与 0 取最大变成了 0。",
    "check why ties": "只有在数值相等（并列，或者折点）的地方是错的，其余都对："
    "相等的几个里算哪一个？",
    "check why transposed": "数值是对的，但轴 {first} 和轴 {second} 互换了位置。",
    "check why float32": "误差不超过 float32 的舍入，而且每个数都能用 float32 表示："
    "途中某处是 float32，而参数是 float64。",
    "check why unknown": "没有一种规律是我有把握的；"
    "这个用例里 {path} 的 {size} 个元素中有 {wrong} 个不对。"
    "请取数最少的用例，对一个错的元素动手算一遍。",
    "check why near": "不过误差很小：更像是舍入或近似，而不是公式不同。",
    "check of": "{path}：{words}",
    "check not of": "（{paths} 不是这样。）",
    "check no folder": "{folder} 里没有练习：用 tinygen start DIR 建一个课程文件夹，"
    "然后进入它（cd DIR）",
    "progress unreadable": "无法读取 {file}（{reason}）；它已保存为 {aside}，进度重新开始",
    # ---- the checker: how a verdict is printed ---------------------------------------------------
    "check wrong": "{names} 不对",
    "check wrongs": "{names} 不对",
    "check ok": "{name} 正确",
    "check shapes ok": "形状正确",
    "check head not-attempted": "还没有动手",
    "check head raise-left-in": "原来的 raise 还在",
    "check head missing": "文件里没有它",
    "check head not-a-function": "它不是函数",
    "check head signature": "无法调用它",
    "check head exception": "它抛出了 {kind}",
    "check head timeout": "运行太久",
    "check head memory": "用的内存太多",
    "check head imports": "导入了不允许的模块",
    "check head crashed": "Python 崩溃了",
    "check head nothing-returned": "它什么也没返回",
    "check head structure": "返回的东西与要求的种类不同",
    "check head shape": "形状不对",
    "check head transposed-shape": "形状不对：轴的顺序不同",
    "check head dtype": "dtype 不对",
    "check head not-finite": "有的数不是有限的",
    "check head changed-argument": "它改动了参数",
    "check head syntax": "文件不是合法的 Python",
    "check head too-much-output": "它的输出没完没了",
    "check label case": "用例：  ",
    "check label pattern": "规律：  ",
    "check label what": "原因：  ",
    "check label picture": "图片：  ",
    "check label next": "下一步：",
    "check only case": "{count} 个用例中只有这一个是错的",
    "check right cases": "{wrong} 个用例是错的；正确的有：{names}",
    "check wrong cases": "错的还有：{names}；{right} 个用例正确",
    "check cases": "{count} 个用例中有 {wrong} 个是错的",
    "check worst": "错得最多的元素 {place}   你的 {yours}   应为 {expected}   "
    "相对误差 {error}（要求 <= {wanted}，{dtype}）",
    "check worst zero": "错得最多的元素 {place}   你的 {yours}   应为 0   "
    "误差 {error}（要求 <= {wanted}，{dtype}）",
    "check worst plain": "第一个错的元素 {place}   你的 {yours}   应为 {expected}",
    "check picture parts": "（你的 | 应有的 | 差）",
    "check printed": "你的代码打印了：",
    "check printed more": "…… 还有 {count} 行",
    "check place": "在这里：",
    "check traceback": "异常从哪里来（最后一行就是出错的地方）：",
    "check line": "第 {number} 行，在 {name} 中：",
    "check no file": "没有文件 {file}",
    "check none": "第 {what} 课没有练习",
    "check next start": "tinygen start {folder}        （补上缺少的文件）",
    "check next write": "在 {file} 里编写 {name}，然后：tinygen check {number}",
    "check next again": "tinygen check {number}        （改好之后）",
    "check next hint": "tinygen hint {number}        （提示 {hint}/{hints}）",
    "check next solution": "tinygen solution {number} --reveal        （提示都看过了）",
    "check next check": "tinygen check {number}",
    "check next lesson": "tinygen step {number}        （第 {done} 课完成了）",
    "check next nothing": "没有了：第 {done} 课完成了，它是最后一课",
    "check summary": "{count} 个中通过了 {passed} 个",
    "check all done": "所有练习都完成了。tinygen check all 会再全部检查一遍。",
    "check our fault": "! {number}：检查程序自己出错了。这是我们的问题，不是你的；"
    "请把下面的内容告诉我们：",
    "check manual alone": "--manual 要和 --watch 一起用",
    "check watch nobody": "--watch 需要一个终端，好用 Ctrl-C 结束；--watch --manual 则等待输入的行",
    "check watching": "正在等待：保存文件就会重新检查，按 Ctrl-C 停止",
    "check enter": "按回车重新检查，按 Ctrl-C 停止",
    "check help what": "一道练习（如 06.3）、一课（如 06），或 all；默认是下一道没完成的练习",
    "check help watch": "每次保存文件就重新检查",
    "check help manual": "与 --watch 一起：按回车才重新检查，不看文件",
    "check help json": "把结果写进一个文件，供程序使用",
    "check help exercise": "例如 06.3",
    "check help folder": "tinygen start 建立的文件夹；默认是 $TINYGEN_COURSE，"
    "或者当前文件夹、它上面的某一层",
    # ---- start, hint, solution, reset ------------------------------------------------------------
    "start help folder": "要建立的文件夹",
    "start laid": "在 {folder} 里放好了 {count} 个文件",
    "start kept": "有 {count} 个文件原来就在，没有改动",
    "start next": "下一步：cd {folder}，然后 tinygen step 00",
    "hint number": "提示 {number}/{count}",
    "hint more": "再看一条：tinygen hint {number}",
    "hint last": "这是最后一条提示。参考答案：tinygen solution {number} --reveal",
    "solution help reveal": "练习还没通过也显示",
    "solution refused": "{number} 还没有通过（tinygen check {number}）。"
    "tinygen hint {number} 会帮你，又不把答案说破；"
    "tinygen solution {number} --reveal 则直接显示答案",
    "reset done": "{file} 里的 {name} 恢复成了空函数",
    "reset backup": "原来的文件在：{backup}",
    "start exercise cell": "练习 {number}：在 {file} 里编写 {name}，\n然后运行："
    "tinygen check {number}",
    "start conftest": "各个练习在 pytest 里的标记。",
    "start tests": "把练习当作测试：pytest，或者单独一道 pytest -m task06_3。",
    # ---- the files that tinygen start lays -------------------------------------------------------
    "start exercises": "第 {number} 课的练习：{title}。\n\n"
    "把每一行 raise 换成你的代码，然后：tinygen check {number}\n",
    "start header": "{number} · {title}\n难度 {difficulty}/5，约 {minutes} 分钟，约 {lines} 行",
    "start needs": "用到 {names}：检查程序会自带",
    "start readme": """\
# 课程

- `lessons/`：每一课是一个 Python 文件。`tinygen step 02` 在终端里逐步学习；编辑器可以逐个单元运行；
  `python lessons/02_autograd_from_scratch.py` 一次运行全部。想改什么就改什么。
- `exercises/`：你在这里写。每个函数都是空的，会抛出异常，直到你把它写好。

```
tinygen lessons           有哪些课，你完成了多少
tinygen step 02           逐步学习一课
tinygen check             检查下一道没完成的练习
tinygen check 02.1        检查一道；或者检查整课：tinygen check 02
tinygen check --watch     每次保存就重新检查
tinygen hint 02.1         一条提示；再用一次，再给一条，共三条
tinygen solution 02.1     通过之后看参考答案
tinygen reset 02.1        恢复成空函数；你写的会另存一份
pytest -m task02_1        同样的检查，给喜欢 pytest 的人
```

每道练习单独检查：它用到的前面练习的函数，由检查程序自带。
你的进度记在 `.tinygen-progress.json`；与答案对比的图片在 `out/`。
再对这个文件夹用一次 `tinygen start`，会补上缺少的文件，其他文件都不动。
""",
    # ---- help ------------------------------------------------------------------------------------
    "help start": "建立一个放课程和练习的文件夹",
    "help start long": "建立一个文件夹，放进各课、你写练习的文件和一份说明。"
    "已经有的文件不会改动，所以也可以用它补上缺少的文件。",
    "help start epilog": """\
例如：
  tinygen start my-course       然后：cd my-course""",
    "help check": "检查练习，并说明哪里不对",
    "help check long": "在一道练习的各个用例上运行你写的代码，与正确结果比较。不对的时候告诉你："
    "哪个输出不对，哪个元素错得最多，错的数有什么共同的规律、通常是什么原因，"
    "还有一张图：你的、应有的和两者之差。"
    "退出码：0 全部通过，1 有错，2 用法不对，3 还没有动手，4 检查程序自己出错。",
    "help check epilog": """\
例如：
  tinygen check                 下一道没完成的练习
  tinygen check 06.3            这一道
  tinygen check 06              整课，每道一行；all：所有课
  tinygen check 06.3 --watch    每次保存就重新检查""",
    "help hint": "练习的提示，共三级",
    "help hint long": "给出一道练习的提示：先是一个问题，下一次再加一个方向，最后几乎就是答案。",
    "help hint epilog": """\
例如：
  tinygen hint 06.3""",
    "help solution": "练习的参考答案",
    "help solution long": "显示一道练习可以怎样解：在你的通过之后，或者加上 --reveal。",
    "help solution epilog": """\
例如：
  tinygen solution 06.3""",
    "help reset": "把练习恢复成空函数",
    "help reset long": "把你文件里的一道练习恢复成空函数。只改那一个函数，原来的文件会另存在旁边。",
    "help reset epilog": """\
例如：
  tinygen reset 06.3""",
}
